import {counted} from '../counted.ts'
import {firingAlerts} from '../drivers/prometheus/firing-alerts.ts'
import type {JournalRecord} from '../operation/journal.ts'
import {isStep, proofOf} from '../operation/steps.ts'
import type {Direction, Keeper, Plan, StepContext, Verdict, Work} from '../operation/types.ts'
import {serviceTarget, type OpenService} from '../workload/open-service.ts'
import {toldCauses} from '../workload/why/why.ts'
import {observeReadiness} from '../workload/why/observe.ts'
import type {CauseKind} from '../workload/why/types.ts'
import type {RolloutFacts} from './facts.ts'
import {versionOf} from './image.ts'
import {observeRollout} from './observe.ts'
import {
  endCanary,
  judgeCanary,
  migrate,
  replaceTemplate,
  startCanary,
  untilRolledOut,
  type Place,
} from './perform.ts'
import {watchLasting} from './lasting.ts'
import {factsOf, isRolledOut, isStrange, planBack, planForward, type Memory} from './plan.ts'
import {routeCanary} from './route.ts'
import {imageOf, isSameTemplate} from './template.ts'
import type {RolloutIntent, RolloutStep, Target} from './types.ts'

export const rolloutKind = 'rollout'

/** A deploy or a rollback of a service, as the engine of operations drives it. */
export class Rollout implements Work<RolloutStep> {
  readonly kind = rolloutKind
  readonly target: string
  readonly gatherMs = 0
  readonly keeper: Keeper
  readonly intent: RolloutIntent
  facts: readonly RolloutFacts[]
  readonly #places: readonly Place[]
  readonly #prometheus: string | undefined

  constructor(
    {fleet, service: {name, deployment}, clusters, keeper}: OpenService,
    {intent, facts}: Pick<Rollout, 'intent' | 'facts'>,
  ) {
    this.target = serviceTarget(name)
    this.#prometheus = fleet.prometheus
    this.keeper = keeper
    this.intent = intent
    this.facts = facts
    this.#places = clusters.map(({declared, api}) => ({cluster: declared, api, service: name, deployment}))
  }

  async observe(): Promise<void> {
    this.facts = await Promise.all(
      this.#places.map(({api, cluster, deployment}) => observeRollout(api, cluster, deployment)),
    )
  }

  settle(): Promise<void> {
    return Promise.resolve()
  }

  fingerprint(): string {
    return JSON.stringify(
      this.facts.map(({cluster, template, strategy, progress: {wanted, isPaused}, canary, route}) => [
        cluster,
        template,
        strategy,
        wanted,
        isPaused,
        canary?.name,
        route?.name,
      ]),
    )
  }

  plan(direction: Direction, records: readonly JournalRecord[]): Plan<RolloutStep> {
    return direction === 'forward'
      ? planForward(this.facts, this.intent, memoryOf(records))
      : planBack(this.facts, this.intent)
  }

  before(): object {
    return this.facts.map(({cluster, template, progress}) => ({cluster, image: imageOf(template), progress}))
  }

  /** Both ways are open to its end. */
  isPastPointOfNoReturn(): boolean {
    return false
  }

  title(step: RolloutStep): string {
    switch (step.kind) {
      case 'migrate':
        return `play the migrations in ${step.cluster}`
      case 'start-canary':
        return `${step.cluster}: start ${counted(step.replicas, 'canary Pod')}`
      case 'route-canary':
        return `${step.cluster}: lead ${step.percent}% of the requests to the canary`
      case 'judge-canary':
        return `${step.cluster}: compare the canary with what runs, ${step.seconds} s`
      case 'replace':
        return `${step.cluster}: set ${versionOf(step.image)}`
      case 'roll':
        return `${step.cluster}: wait until every Pod runs ${versionOf(step.image)}`
      case 'end-canary':
        return `${step.cluster}: end the canary`
    }
  }

  summary(step: RolloutStep, proof: unknown): string | undefined {
    if (step.kind === 'judge-canary') return (proof as {reason: string}).reason
    if (step.kind === 'roll') return counted((proof as {replicas: number}).replicas, 'Pod')
    return undefined
  }

  perform(step: RolloutStep, context: StepContext): Promise<unknown> {
    const place = this.#placeOf(step.cluster)
    const target = this.#targetOf(step.cluster)
    const here = factsOf(this.facts, step)
    const {isInterrupted, detail} = context
    const wait = {seconds: this.intent.patienceSeconds, isInterrupted, detail}
    switch (step.kind) {
      case 'migrate':
        return migrate(place, target.to, context, step.args)
      case 'start-canary': {
        const {replicas} = step
        const {operation} = context
        const {selector} = here
        const track = target.share?.kind === 'weight' ? target.share.track : undefined
        return this.#watched(place, imageOf(target.to), (why) =>
          startCanary(place, target.to, {...wait, why, operation, replicas, selector, track}),
        )
      }
      case 'route-canary': {
        const {share} = target
        if (share?.kind !== 'weight') throw new Error(`${step.cluster} has no weights`)
        const {operation} = context
        return routeCanary(place, share, {operation, selector: here.selector, percent: step.percent})
      }
      case 'judge-canary':
        return judgeCanary(place, {
          ...wait,
          ...target,
          seconds: step.seconds,
          selector: here.selector,
          firing: () => this.#firingIn(target),
        })
      case 'replace': {
        const isForward = isSameTemplate(here.template, target.from)
        const [from, to] = isForward ? [target.from, target.to] : [target.to, target.from]
        const {operation} = context
        const cause = `pp ${isForward ? this.intent.operation : 'back'} ${versionOf(imageOf(to))} (${operation})`
        return replaceTemplate(place, {from, to, cause})
      }
      case 'roll':
        return this.#watched(place, step.image, (why) =>
          untilRolledOut(place, {...wait, why, isOurs: (template) => !isStrange({template}, target)}),
        )
      case 'end-canary':
        return endCanary(place, this.intent.patienceSeconds)
    }
  }

  async verify(direction: Direction): Promise<Verdict> {
    await this.observe()
    const findings = this.intent.targets.flatMap((target) => {
      const {template, progress, canary, route} = factsOf(this.facts, target)
      const wanted = direction === 'forward' ? target.to : target.from
      if (isStrange({template}, target))
        return [`${target.cluster} runs ${imageOf(template)}, which somebody else has set; it stays`]
      if (!isSameTemplate(template, wanted))
        return [`${target.cluster} runs ${imageOf(template)}, not ${imageOf(wanted)}`]
      const mustBeWhole = direction === 'forward' || target.wasRolledOut
      return [
        ...(mustBeWhole && !isRolledOut({progress})
          ? [`${target.cluster}: ${progress.available} of ${progress.wanted} Pods are ready`]
          : []),
        ...(canary ? [`${target.cluster}: the canary ${canary.name} is still there`] : []),
        ...(route ? [`${target.cluster}: what leads to the canary ${route.name} is still there`] : []),
      ]
    })
    return {outcome: findings.length > 0 ? 'degraded' : 'done', findings}
  }

  #placeOf(cluster: string): Place {
    const place = this.#places.find((one) => one.cluster.name === cluster)
    if (!place) throw new Error(`${cluster} is not open`)
    return place
  }

  #targetOf(cluster: string): Target {
    const target = this.intent.targets.find((one) => one.cluster === cluster)
    if (!target) throw new Error(`${cluster} is no target`)
    return target
  }

  /** Names of the service's alerts that fire on a site, or on no site in particular. */
  async #firingIn({site}: Target): Promise<readonly string[]> {
    if (this.#prometheus === undefined) return []
    const {service} = this.intent
    const firing = await firingAlerts(this.#prometheus)
    return firing
      .filter((one) => one.service === service && (one.site === null || one.site === site))
      .map(({name}) => name)
  }

  /** Waits, and looks beside it for what will not become better by waiting. */
  async #watched<T>(
    place: Place,
    image: string,
    wait: (why: () => string | undefined) => Promise<T>,
  ): Promise<T> {
    const hopeless = watchLasting(() => hopelessIn(place, image))
    try {
      return await wait(hopeless.why)
    } finally {
      hopeless.stop()
    }
  }
}

const hopelessKinds = new Set<CauseKind>([
  'image',
  'config',
  'start',
  'crash',
  'memory-limit',
  'admission',
  'init',
])

/** What keeps the Pods of an image from being ready, and does not heal by itself. */
async function hopelessIn(
  {api, cluster, service, deployment}: Place,
  image: string,
): Promise<string | undefined> {
  const seen = await observeReadiness(api, cluster, {name: service, deployment})
  const pods = seen.pods.filter(({containers}) => containers.some((one) => one.image === image))
  const cause = toldCauses({...seen, pods}, cluster, new Date()).find(
    ({kind, pods: count}) => count > 0 && hopelessKinds.has(kind),
  )
  return cause && `${cause.title} (${cause.evidence[0] ?? cause.objects[0] ?? ''})`
}

const memoryOf = (records: readonly JournalRecord[]): Memory => ({
  isMigrated: proofOf(records, 'migrate') !== undefined,
  judged: new Set(
    records
      .filter(isStep('step-done', 'judge-canary'))
      .map(({data}) => (data as {proof: {cluster: string}}).proof.cluster),
  ),
})
