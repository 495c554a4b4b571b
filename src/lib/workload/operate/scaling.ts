import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, Plan, StepContext, Verdict, Work} from '../../operation/types.ts'
import {PpError} from '../../errors.ts'
import type {Progress} from '../../output/progress.ts'
import {counted} from '../../counted.ts'
import {serviceTarget, type OpenService, type ServiceCluster} from '../open-service.ts'
import {sum} from '../sum.ts'
import {scheduleGiveBack, unscheduleGiveBack} from '../give-back/schedule.ts'
import {choosePods, unchoosePods} from './choose.ts'
import {restoreFields, setFields, tellLeft} from './fields.ts'
import {lookAtWhatAnswers} from './look.ts'
import {awaitNodes} from './await-nodes.ts'
import {growGroup, lowerGroup, regrowGroup} from './grow.ts'
import {remembered} from './memory.ts'
import {provedInWords} from './memory-of-groups.ts'
import {changedByOthers, planBack, planForward} from './plan.ts'
import {leftInWords, stepTitle, verdictOf} from './verdict.ts'
import {recede} from './recede.ts'
import {returnNode, uncordon} from './return-node.ts'
import {waitUntilReady, type Waited} from './wait.ts'
import type {ScaleIntent, ScaleState, ScaleStep} from './types.ts'

export const scaleKind = 'scale'
/** Nodes may have taken all the time that there was; those Pods that fit still get ready, seconds. */
const leastForPods = 20

/** A service that comes to another number of replicas, as the engine of operations drives it. */
export class Scaling implements Work<ScaleStep> {
  readonly kind = scaleKind
  readonly target: string
  readonly gatherMs = 0
  readonly keeper
  readonly intent: ScaleIntent
  state: ScaleState
  /** How far the clusters have come; undefined: nobody waited. */
  waited: readonly Waited[] | undefined
  readonly #service: OpenService
  readonly #progress: Progress
  /** The plan as it would be made now, to compare with the one that was shown; only before anything is done. */
  readonly #planned: (() => Promise<string>) | undefined
  #fingerprint: string
  #hasBegun = false
  #deadlineMs: number | undefined

  constructor(
    service: OpenService,
    intent: ScaleIntent,
    {
      state,
      progress,
      planned,
      fingerprint,
    }: {
      readonly state: ScaleState
      readonly progress: Progress
      readonly planned?: (() => Promise<string>) | undefined
      readonly fingerprint: string
    },
  ) {
    this.#service = service
    this.target = serviceTarget(service.service.name)
    this.keeper = service.keeper
    this.intent = intent
    this.state = state
    this.#progress = progress
    this.#planned = planned
    this.#fingerprint = fingerprint
  }

  async observe(): Promise<void> {
    if (!this.#hasBegun && this.#planned) this.#fingerprint = await this.#planned()
    const {state, failures} = await lookAtWhatAnswers(this.intent, this.#service.clusters)
    if (failures.length === 0) {
      this.state = state
      return
    }
    // What it held when it still answered is what is planned from; how many run there is not known any more.
    const {clusters: before} = this.state
    const clusters = state.clusters.map((is) =>
      is.problem === undefined ? is : {...before.find(({cluster}) => cluster === is.cluster), ...is},
    )
    this.state = {...this.state, clusters}
    throw failures[0]
  }

  /** Every act is one request, which has been answered or can be seen. */
  settle(): Promise<void> {
    return Promise.resolve()
  }

  fingerprint(): string {
    return this.#fingerprint
  }

  plan(direction: Direction, records: readonly JournalRecord[]): Plan<ScaleStep> {
    // Told to stop before its first step, an undo leaves everything as it is.
    if (direction === 'back' && this.intent.undo && !records.some(({type}) => type === 'step-intent'))
      return {kind: 'steps', steps: []}
    const memory = remembered(records)
    return direction === 'forward'
      ? planForward(this.state, this.intent, memory)
      : planBack(this.state, this.intent, memory)
  }

  before(): unknown {
    return this.state
  }

  /** What was set can be given back at any time; what is being given back is given back to its end. */
  isPastPointOfNoReturn(): boolean {
    return this.intent.undo !== undefined && this.#hasBegun
  }

  title(step: ScaleStep): string {
    return stepTitle(step)
  }

  summary(step: ScaleStep, proof: unknown): string | undefined {
    if (step.kind === 'join' || step.kind === 'recede' || step.kind === 'return') return provedInWords(proof)
    if (step.kind !== 'ready') return undefined
    const {clusters} = proof as {clusters: readonly Waited[]}
    const behind = clusters.filter(({isThere}) => !isThere)
    const all = `${sum(clusters.map(({ready}) => ready))} ready`
    return behind.length === 0 ? all : `${all}; waited ${this.intent.waitSeconds} s`
  }

  async perform(step: ScaleStep, context: StepContext): Promise<unknown> {
    this.#hasBegun = true
    switch (step.kind) {
      case 'choose':
        return {pods: await choosePods(this.#cluster(step.cluster), this.intent, step)}
      case 'unchoose':
        return {pods: await unchoosePods(this.#cluster(step.cluster), this.intent)}
      case 'schedule': {
        const {service} = this.intent
        const {declared} = this.#cluster(step.cluster)
        const {name: cluster, site, namespace} = declared
        const order = {operation: context.operation, service, cluster, site, namespace, fields: step.fields}
        await scheduleGiveBack(this.#cluster(step.cluster), order, step.at)
        return {}
      }
      case 'unschedule':
        await unscheduleGiveBack(
          this.#cluster(step.cluster),
          this.intent.service,
          step.operation ?? context.operation,
        )
        return {}
      case 'set':
        await setFields(this.#cluster(step.cluster), step.object, step.fields)
        return {cluster: step.cluster, object: step.object}
      case 'restore':
        await restoreFields(this.#cluster(step.cluster), step.object, step.fields)
        return {cluster: step.cluster, object: step.object}
      case 'leave':
        await tellLeft(this.#cluster(step.cluster), step.object, leftInWords(step, context.operation))
        return {}
      case 'ready':
        return this.#wait(step, context)
      case 'grow':
        return growGroup(this.#cluster(step.cluster), step)
      case 'regrow':
        return regrowGroup(this.#cluster(step.cluster), step)
      case 'lower':
        return lowerGroup(this.#cluster(step.cluster), step)
      case 'uncordon':
        return uncordon(this.#cluster(step.cluster), step.node)
      case 'join':
        return this.#join(step, context)
      case 'recede':
        return this.#recede(step, context)
      case 'return':
        return returnNode(this.#cluster(step.cluster), step, context, this.intent.waitSeconds)
    }
  }

  async #join({groups}: ScaleStep & {kind: 'join'}, context: StepContext): Promise<unknown> {
    const seconds = this.#leftSeconds()
    const joined = await Promise.all(
      groups.map((group) => awaitNodes(this.#cluster(group.cluster), group, {seconds, context})),
    )
    if (context.isInterrupted()) throw new Error('it was told to stop')
    const [missing] = joined.filter(({isThere}) => !isThere)
    // Where AWS has none at all the Pods that fit come first; they are what is waited for then.
    if (missing && this.intent.undoOnTimeout && this.#leftSeconds() <= 0)
      throw new PpError('timed-out', 'NODES_NOT_IN_TIME', {
        message: `${missing.because}, after ${this.intent.waitSeconds} s: ${missing.next}.`,
        hint: `pp why ${this.intent.service}`,
      })
    return {groups: joined}
  }

  async #recede({clusters}: ScaleStep & {kind: 'recede'}, context: StepContext): Promise<unknown> {
    const seconds = this.#leftSeconds()
    const {service} = this.#service
    const receded = await Promise.all(
      clusters.map(({cluster, wanted}) =>
        recede(this.#cluster(cluster), service, {wanted, seconds, context}),
      ),
    )
    if (context.isInterrupted()) throw new Error('it was told to stop')
    return {clusters: receded}
  }

  /** Of the time that is waited in all, for nodes and for Pods. */
  #leftSeconds(): number {
    this.#deadlineMs ??= performance.now() + this.intent.waitSeconds * 1000
    return (this.#deadlineMs - performance.now()) / 1000
  }

  async #wait(step: ScaleStep & {kind: 'ready'}, context: StepContext): Promise<unknown> {
    const waitSeconds = Math.max(this.#leftSeconds(), Math.min(leastForPods, this.intent.waitSeconds))
    this.waited = await waitUntilReady(
      this.#service,
      {...this.intent, waitSeconds},
      step,
      context,
      this.#progress,
    )
    const behind = this.waited.filter(({isThere}) => !isThere)
    if (context.isInterrupted()) throw new Error('it was told to stop')
    if (behind.length > 0 && this.intent.undoOnTimeout)
      throw new PpError('timed-out', 'NOT_READY_IN_TIME', {
        message: `${behind.map(({cluster, ready, wanted}) => `${cluster}: ${ready} of ${counted(wanted, 'replica')} ready`).join('; ')} after ${this.intent.waitSeconds} s.`,
        hint: `pp why ${this.intent.service}`,
      })
    return {clusters: this.waited}
  }

  async verify(direction: Direction, records: readonly JournalRecord[]): Promise<Verdict> {
    this.state = (await lookAtWhatAnswers(this.intent, this.#service.clusters)).state
    const {left, groups} = remembered(records)
    return verdictOf({
      direction: this.intent.undo ? 'back' : direction,
      state: this.state,
      intent: this.intent,
      left,
      changed: changedByOthers(this.state, this.intent),
      waited: this.waited,
      groups,
    })
  }

  #cluster(name: string): ServiceCluster {
    const found = this.#service.clusters.find(({declared}) => declared.name === name)
    if (found) return found
    throw new Error(`${name} is no cluster of ${this.intent.service}`)
  }
}
