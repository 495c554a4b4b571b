import type {StepContext} from '../../operation/types.ts'
import type {Progress} from '../../output/progress.ts'
import type {OpenService, ServiceCluster} from '../open-service.ts'
import {observeReadiness} from '../why/observe.ts'
import {toldCauses, type ToldCause} from '../why/why.ts'
import {follow} from '../follow.ts'
import {addressOf, ownedSchema, valueOf} from './objects.ts'
import {patience} from './patience.ts'
import {untilReady, type Readiness} from './ready.ts'
import type {ClusterIntent, ScaleIntent, ScaleStep} from './types.ts'

/** How far one cluster came. */
export interface Waited {
  readonly cluster: string
  readonly ready: number
  readonly wanted: number
  readonly isThere: boolean
  readonly seconds: number
  /** What keeps the others, as far as it is known. */
  readonly causes: readonly ToldCause[]
}

/** Of asking for the causes, when time has run out already. */
const causesWithinMs = 5000

/**
 * Waits for every cluster at once, each shown by itself, until all are there, time has run out, somebody else has set what
 * was waited for, or everything is to be put back.
 */
export async function waitUntilReady(
  service: OpenService,
  intent: ScaleIntent,
  step: ScaleStep & {kind: 'ready'},
  context: StepContext,
  progress: Progress,
): Promise<readonly Waited[]> {
  using time = patience(intent.waitSeconds, context)
  return await Promise.all(
    step.clusters.map(async ({cluster: name}) => {
      const cluster = service.clusters.find(({declared}) => declared.name === name)
      const meant = intent.clusters.find((one) => one.cluster === name)
      if (!cluster || !meant) throw new Error(`${name} is no cluster of ${intent.service}`)
      const isAlone = step.clusters.length === 1
      const shown = isAlone ? (text: string) => context.detail(text) : linesOf(progress, name, meant.wanted)
      const waited = await waitIn(cluster, meant, {
        signal: time.signal,
        shown: typeof shown === 'function' ? shown : (text) => shown.detail(text),
        intent,
        isInterrupted: () => context.isInterrupted(),
      })
      if (typeof shown !== 'function') shown.end(waited)
      return waited
    }),
  )
}

/** A line of its own for one of several clusters. */
function linesOf(progress: Progress, cluster: string, wanted: number) {
  const id = `ready ${cluster}`
  progress.start(id, `${cluster}: ${wanted} ready`)
  return {
    detail(text: string) {
      progress.detail(id, text)
    },
    end({isThere, ready}: Waited) {
      const text = `${cluster}: ${ready} of ${wanted} ready`
      if (isThere) progress.done(id, text)
      else progress.failed(id, text)
    },
  }
}

interface WaitIn {
  readonly signal: AbortSignal
  readonly shown: (text: string) => void
  readonly intent: ScaleIntent
  readonly isInterrupted: () => boolean
}

async function waitIn(
  cluster: ServiceCluster,
  meant: ClusterIntent,
  {signal, shown, intent, isInterrupted}: WaitIn,
): Promise<Waited> {
  const startedMs = performance.now()
  const over = new AbortController()
  const both = AbortSignal.any([signal, over.signal])
  const {deployment, wanted, now} = meant
  const fewer = wanted < now
  const watched = watchFields(cluster, meant, both, () => over.abort())
  const readiness = await untilReady(cluster, {
    deployment,
    wanted,
    isFewer: fewer,
    signal: both,
    onChange: (one) => shown(inWords(one, fewer)),
    onSilence: (why) => shown(`the API server is silent: ${why}`),
  }).finally(() => over.abort())
  await watched
  const {ready, isThere} = readiness
  return {
    cluster: cluster.declared.name,
    ready,
    wanted,
    isThere,
    seconds: Math.round(performance.now() - startedMs) / 1000,
    causes: isThere || isInterrupted() ? [] : await causesIn(cluster, intent),
  }
}

const inWords = ({ready, pods, wanted}: Readiness, isFewer: boolean): string =>
  isFewer && pods > wanted ? `${pods - wanted} still end` : `${ready} of ${wanted} ready`

/** Ends the wait when somebody else sets what it waits for. */
async function watchFields(
  {api, declared: {namespace}}: ServiceCluster,
  {fields}: ClusterIntent,
  signal: AbortSignal,
  onOther: () => void,
): Promise<void> {
  const objects = Object.entries(Object.groupBy(fields, ({object}) => object))
  await Promise.all(
    objects.map(async ([object, of = []]) => {
      const {listPath, name} = addressOf(namespace, object)
      await follow(api, {
        path: listPath,
        schema: ownedSchema,
        query: {fieldSelector: `metadata.name=${name}`},
        signal,
        tell([owned]) {
          if (owned && of.some(({field, to}) => valueOf(owned, field) !== to)) onOther()
        },
        onSilence: () => undefined,
      })
    }),
  )
}

async function causesIn(
  {api, declared}: ServiceCluster,
  {service, clusters}: ScaleIntent,
): Promise<readonly ToldCause[]> {
  const {deployment = service} = clusters.find(({cluster}) => cluster === declared.name) ?? {}
  const look = observeReadiness(api, declared, {name: service, deployment}).then((seen) =>
    toldCauses(seen, declared, new Date()),
  )
  const {promise: late, resolve} = Promise.withResolvers<readonly ToldCause[]>()
  const timer = setTimeout(() => resolve([]), causesWithinMs)
  try {
    return await Promise.race([look, late])
  } catch {
    // The counts are told; pp why tells more once the cluster answers.
    return []
  } finally {
    clearTimeout(timer)
  }
}
