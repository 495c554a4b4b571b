import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import {kubectl} from '../drivers/kubernetes/errors.ts'
import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import {messageOf, PpError} from '../errors.ts'
import type {KubernetesCluster} from '../fleet/types.ts'
import {PlanAnew} from '../operation/plan-anew.ts'
import type {StepContext} from '../operation/types.ts'
import {Undecided} from '../operation/undecided.ts'
import {podStateSchema} from '../workload/why/objects.ts'
import {askAnswers, Tally} from './answers.ts'
import type {PodTemplate, Progress} from './facts.ts'
import {versionOf} from './image.ts'
import {judge, type Judgement} from './judge.ts'
import {watchLasting} from './lasting.ts'
import {NewAlerts} from './new-alerts.ts'
import {deploymentSchema, jobSchema, progressOf} from './objects.ts'
import {deploymentPath, deploymentsPath} from './observe.ts'
import {manager} from './manager.ts'
import {isRolledOut} from './plan.ts'
import {endIngress, endService} from './route.ts'
import {untilSo} from './until.ts'
import {
  canaryManifest,
  canaryName,
  imageOf,
  isSameTemplate,
  migrationManifest,
  migrationName,
  operationLabel,
} from './template.ts'

/** One cluster of a rollout. */
export interface Place {
  readonly cluster: KubernetesCluster
  readonly api: ClusterWriter
  /** Name of the service, as commands take it. */
  readonly service: string
  readonly deployment: string
}

const conflicts = 5
const lookEveryMs = 2000
const jobsPath = (namespace: string) => `/apis/batch/v1/namespaces/${namespace}/jobs`

/**
 * Sets the Pod template, only where it is still the one that was read.
 *
 * @param cause written beside it, for `pp rollout history`. @throws PlanAnew when somebody else has changed it.
 */
export async function replaceTemplate(
  {cluster, api, service, deployment}: Place,
  {from, to, cause}: {readonly from: PodTemplate; readonly to: PodTemplate; readonly cause: string},
): Promise<{readonly image: string}> {
  const path = deploymentPath(cluster.namespace, deployment)
  for (let attempt = 1; attempt <= conflicts; attempt++) {
    const now = await api.get(path, deploymentSchema)
    if (now && isSameTemplate(now.spec.template, to)) return {image: imageOf(to)}
    if (!now || !isSameTemplate(now.spec.template, from)) throw changedByAnother(deployment, cluster, service)
    // With the version that was read: where it is another one by now, nothing is written.
    const written = await api.write(
      {
        method: 'PATCH',
        path,
        patch: 'json',
        query: manager,
        body: [
          {op: 'replace', path: '/metadata/resourceVersion', value: now.metadata.resourceVersion},
          {op: 'replace', path: '/spec/template', value: to},
          {
            op: 'add',
            path: '/metadata/annotations',
            value: {...now.metadata.annotations, 'kubernetes.io/change-cause': cause},
          },
        ],
      },
      z.unknown(),
    )
    if (written.kind === 'written') return {image: imageOf(to)}
  }
  throw new PlanAnew({
    message: `deployment/${deployment} in ${cluster.name} is changed all the time; it could not be written in ${conflicts} tries.`,
    hint: 'pp op resume',
  })
}

/**
 * Waits until every Pod is of the template in force.
 *
 * @throws PlanAnew when that is not ours any more; Undecided while somebody has paused its rollout.
 */
export async function untilRolledOut(
  {cluster, api, service, deployment}: Place,
  {seconds, detail, isInterrupted, why, isOurs}: WaitOptions & {isOurs: (template: PodTemplate) => boolean},
): Promise<object> {
  let end: PlanAnew | Undecided | undefined
  let stuck: string | undefined
  let last: Progress | undefined
  await untilSo(
    api,
    {path: deploymentsPath(cluster.namespace), name: deployment},
    {
      schema: deploymentSchema,
      isEnough: (now) => {
        if (!now) return false
        if (!isOurs(now.spec.template)) {
          end = changedByAnother(deployment, cluster, service)
          return true
        }
        const progress = progressOf(now)
        if (progress.isPaused && !isRolledOut({progress})) {
          end = pausedByAnother(deployment, cluster, service)
          return true
        }
        stuck = progress.isObserved ? progress.stuck : undefined
        if (progress.isObserved && progress.updated !== last?.updated) {
          last = progress
          detail(
            `${cluster.name}: ${progress.available} of ${progress.wanted} ready, ${progress.updated} of the new version`,
          )
        }
        return isRolledOut({progress})
      },
      seconds,
      giveUp: () => (isInterrupted() ? 'told to stop' : (stuck ?? why())),
      what: `${deployment} in ${cluster.name} to run the new version`,
      hint: `pp why ${service}`,
    },
  )
  if (end) throw end
  return {replicas: last?.wanted ?? 0}
}

const changedByAnother = (deployment: string, cluster: KubernetesCluster, service: string) =>
  new PlanAnew({
    message: `deployment/${deployment} in ${cluster.name} was changed by somebody else.`,
    hint: `pp rollout history ${service}`,
  })

// Whoever has paused it wants the Pods as they are; going back would start and end some as well.
const pausedByAnother = (deployment: string, cluster: KubernetesCluster, service: string) =>
  new Undecided('ROLLOUT_PAUSED', {
    message: `deployment/${deployment} in ${cluster.name} is paused: no Pod is replaced before pp rollout resume ${service}.`,
    hint: `pp rollout resume ${service}, then pp op resume or pp op abort`,
  })

export interface WaitOptions {
  readonly seconds: number
  readonly detail: (text: string) => void
  readonly isInterrupted: () => boolean
  /** What keeps its Pods from ever being ready, once that is certain. */
  readonly why: () => string | undefined
}

/** Plays the migrations of an image. They are played once: a Job of the same operation that is there is waited for. */
export async function migrate(
  place: Place,
  template: PodTemplate,
  {operation, isInterrupted}: Pick<StepContext, 'operation' | 'isInterrupted'>,
  args: readonly string[],
): Promise<object> {
  const {cluster, api, deployment} = place
  const named = {deployment, operation}
  const name = migrationName(named)
  await api.write(
    {
      method: 'POST',
      path: jobsPath(cluster.namespace),
      query: manager,
      body: migrationManifest(template, {...named, args}),
    },
    z.unknown(),
  )
  let failure: string | undefined
  const held = watchLasting(() => heldIn(place, operation))
  await untilSo(
    api,
    {path: jobsPath(cluster.namespace), name},
    {
      schema: jobSchema,
      isEnough: (job) => {
        failure = job?.failure
        return job?.isComplete === true
      },
      seconds: 660,
      giveUp: () => failure ?? (isInterrupted() ? 'told to stop' : held.why()),
      what: `the migration job/${name} in ${cluster.name}`,
      hint: kubectl(cluster, '--namespace', cluster.namespace, 'logs', `job/${name}`),
    },
  ).finally(held.stop)
  return {job: name}
}

/** Reasons of a container that does not start and will not by waiting. */
const heldReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
])

/** What keeps the Pods of an operation's Job from starting. */
async function heldIn({api, cluster}: Place, operation: string): Promise<string | undefined> {
  const labelSelector = `${operationLabel}=${operation}`
  const pods = await api.list(`/api/v1/namespaces/${cluster.namespace}/pods`, podStateSchema, {labelSelector})
  const waits = pods.flatMap(({containers}) => containers.map(({waiting}) => waiting))
  const held = waits.find((waiting) => waiting && heldReasons.has(waiting.reason))
  return held && `${held.reason}: ${held.message}`
}

export async function startCanary(
  place: Place,
  template: PodTemplate,
  {
    operation,
    replicas,
    selector,
    track,
    ...wait
  }: WaitOptions & {
    readonly operation: string
    readonly replicas: number
    readonly selector: Readonly<Record<string, string>>
    readonly track: string | undefined
  },
): Promise<object> {
  const {cluster, api, deployment} = place
  const name = canaryName(deployment)
  const body = canaryManifest(template, {deployment, operation, selector, replicas, track})
  await api.write(
    {method: 'POST', path: deploymentsPath(cluster.namespace), query: manager, body},
    z.unknown(),
  )
  await untilRolledOut({...place, deployment: name}, {...wait, isOurs: () => true})
  return {replicas}
}

/** First nothing leads to its Pods any more, then they go. */
export async function endCanary(place: Place, seconds: number): Promise<object> {
  const {cluster, api, deployment} = place
  await endIngress(place)
  const name = canaryName(deployment)
  const path = deploymentPath(cluster.namespace, name)
  const query = {propagationPolicy: 'Foreground'}
  await api.write({method: 'DELETE', path, query}, z.unknown())
  await untilSo(
    api,
    {path: deploymentsPath(cluster.namespace), name},
    {
      schema: deploymentSchema,
      isEnough: (now) => now === undefined,
      seconds,
      giveUp: () => undefined,
      what: `the canary ${name} in ${cluster.name} to be gone`,
      hint: kubectl(cluster, '--namespace', cluster.namespace, 'get', 'deployment', name),
    },
  )
  await endService(place)
  return {}
}

/**
 * Counts what the canary and the running version answer for so long, and judges.
 *
 * @throws PpError CANARY_FAILED as soon as that is certain; Undecided when too little was answered.
 */
export async function judgeCanary(
  {cluster, api, service}: Place,
  {
    seconds,
    selector,
    detail,
    isInterrupted,
    from,
    to,
    firing,
  }: Pick<WaitOptions, 'seconds' | 'detail' | 'isInterrupted'> & {
    /** Names of the service's alerts that fire here now. */
    readonly firing: () => Promise<readonly string[]>
    readonly selector: Readonly<Record<string, string>>
    readonly from: PodTemplate
    readonly to: PodTemplate
  },
): Promise<Judgement & {readonly cluster: string}> {
  const tally = new Tally()
  const news = new NewAlerts(firing)
  const versions = `${versionOf(imageOf(to))} beside ${versionOf(imageOf(from))}`
  for (const until = performance.now() + seconds * 1000; ;) {
    const [answers, alerts] = await Promise.all([
      askAnswers(api, {namespace: cluster.namespace, selector}).catch((error: unknown) => {
        detail(messageOf(error))
        return []
      }),
      news.look(),
    ])
    tally.take(answers)
    const {canary, running} = tally
    const judged = judge({canary, running, alerts})
    detail(
      `${versions}: ${canary.errors} of ${canary.requests} failed, ${running.errors} of ${running.requests}`,
    )
    if (judged.verdict === 'fail')
      throw new PpError('degraded', 'CANARY_FAILED', {
        message: `${cluster.name}: the canary is worse: ${judged.reason}.`,
        hint: `pp logs ${service}`,
      })
    if (isInterrupted())
      throw new PpError('undone', 'INTERRUPTED', {
        message: 'Stopped while the canary ran.',
        hint: `pp rollout status ${service}`,
      })
    if (performance.now() < until) await sleep(Math.min(lookEveryMs, Math.max(0, until - performance.now())))
    else if (judged.verdict === 'pass') return {cluster: cluster.name, ...judged}
    else
      throw new Undecided('CANARY_INCONCLUSIVE', {
        message: `${cluster.name}: the canary cannot be judged: ${judged.reason}. It stays.`,
        hint: 'Look on: pp op resume; take it back: pp op abort',
      })
  }
}
