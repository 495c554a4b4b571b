import {setTimeout as sleep} from 'node:timers/promises'

import {openCluster} from '../../drivers/kubernetes/open-cluster.ts'
import type {ClusterReader} from '../../drivers/kubernetes/types.ts'
import {PpError} from '../../errors.ts'
import type {KubernetesCluster} from '../../fleet/types.ts'
import {selectorText} from '../selectors.ts'
import {deploymentStateSchema, podStateSchema} from '../why/objects.ts'
import type {ContainerState, PodState} from '../why/types.ts'
import {parseLogLine, type LogLine, type LogSource} from './line.ts'
import {TimeMerge} from './merge.ts'

export interface LogsAsked {
  readonly deployment: string
  /** Undefined: all that the nodes have kept. */
  readonly sinceSeconds: number | undefined
  /** Of the run before this one, of containers that were started again. */
  readonly isPrevious: boolean
  /** Goes on with what is written from now on, also by Pods that come meanwhile. */
  readonly isFollowed: boolean
  readonly signal: AbortSignal
  /** Hears what could not be read; the rest still is. */
  readonly onProblem: (problem: string) => void
}

/** Between two looks for Pods that have come and containers that were started again. */
const lookMs = 1000
/** While it is followed, a stream that says nothing holds the others up no longer than this. */
const patienceMs = 300
/** A log that is not followed comes at once, or its node is as good as away. */
const idleMs = 10_000

/**
 * Lines of all Pods of a Deployment in several clusters, in the order of time.
 *
 * Kept in memory is one line of each container, and what the connections hold.
 *
 * @throws PpError when none of the clusters answers.
 */
export async function* readLogs(
  clusters: readonly KubernetesCluster[],
  asked: LogsAsked,
): AsyncGenerator<LogLine, void, undefined> {
  const {isFollowed, onProblem} = asked
  const merge = new TimeMerge(isFollowed ? patienceMs : Infinity, (error) => onProblem(problemOf(error)))
  const readers = await opened(clusters, asked)
  try {
    const added = readers.map((one) => one.addStreams(merge))
    // Nothing is given away before every Pod's stream is there to be compared with.
    await Promise.all(added)
    const looking = isFollowed ? Promise.all(readers.map((one) => one.keepLooking(merge))) : undefined
    if (!looking) merge.complete()
    void looking?.then(() => merge.complete())
    yield* merge.lines()
    await looking
  } finally {
    for (const reader of readers) reader.close()
  }
}

async function opened(
  clusters: readonly KubernetesCluster[],
  asked: LogsAsked,
): Promise<readonly ClusterLogs[]> {
  const tries = await Promise.allSettled(clusters.map((cluster) => ClusterLogs.open(cluster, asked)))
  const failures = tries.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []))
  if (failures.length === tries.length || failures.some((error) => !(error instanceof PpError)))
    throw failures[0]
  for (const error of failures) asked.onProblem(problemOf(error))
  return tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

function problemOf(error: unknown): string {
  if (error instanceof PpError) return error.message
  throw error
}

/** The streams of one cluster. */
class ClusterLogs {
  readonly #reader: ClusterReader
  readonly #cluster: KubernetesCluster
  readonly #asked: LogsAsked
  readonly #selector: string
  /** Runs of containers whose streams have been begun. */
  readonly #begun = new Set<string>()
  /** The last time that each has given. */
  readonly #last = new Map<string, string>()
  #isSilent = false

  private constructor(reader: ClusterReader, cluster: KubernetesCluster, asked: LogsAsked, selector: string) {
    this.#reader = reader
    this.#cluster = cluster
    this.#asked = asked
    this.#selector = selector
  }

  static async open(cluster: KubernetesCluster, asked: LogsAsked): Promise<ClusterLogs> {
    const {namespace} = cluster
    const reader = await openCluster(cluster)
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${asked.deployment}`
    const deployment = await reader.get(path, deploymentStateSchema)
    if (!deployment)
      asked.onProblem(`${cluster.name} has no Deployment ${asked.deployment} in the namespace ${namespace}.`)
    return new ClusterLogs(reader, cluster, asked, selectorText(deployment?.selector ?? []))
  }

  close(): void {
    this.#reader.close()
  }

  /** Adds the streams of the containers that are there and have not been begun. */
  async addStreams(merge: TimeMerge): Promise<void> {
    if (this.#selector === '') return
    const path = `/api/v1/namespaces/${this.#cluster.namespace}/pods`
    const pods = await this.#reader.list(path, podStateSchema, {labelSelector: this.#selector})
    this.#forgetOthers(pods)
    for (const pod of pods) {
      const containers = pod.containers.filter((one) => hasWritten(one, this.#asked.isPrevious))
      for (const container of containers) {
        const run = `${pod.name}/${container.name}/${container.restarts}`
        if (this.#begun.has(run)) continue
        this.#begun.add(run)
        merge.add(this.#stream(run, pod, container))
      }
    }
  }

  /** A log may be followed for weeks, while Pods come and go. */
  #forgetOthers(pods: readonly PodState[]): void {
    const names = new Set(pods.map(({name}) => name))
    for (const run of this.#begun) {
      if (names.has(run.split('/', 1)[0] ?? '')) continue
      this.#begun.delete(run)
      this.#last.delete(run)
    }
  }

  async keepLooking(merge: TimeMerge): Promise<void> {
    const {signal, onProblem} = this.#asked
    const isOver = () => signal.aborted
    while (!isOver()) {
      try {
        await sleep(lookMs, undefined, {signal})
        await this.addStreams(merge)
        this.#isSilent = false
      } catch (error) {
        if (isOver()) return
        // Once for each time that it goes away; it may come back.
        if (!this.#isSilent) onProblem(problemOf(error))
        this.#isSilent = true
      }
    }
  }

  async *#stream(run: string, pod: PodState, {name: container}: ContainerState): AsyncGenerator<LogLine> {
    const {name: cluster, site, namespace} = this.#cluster
    const {isFollowed, isPrevious, sinceSeconds, signal, onProblem} = this.#asked
    const isOneOfSeveral = pod.containers.filter(({isInit}) => !isInit).length > 1
    const source: LogSource = {cluster, site, pod: pod.name, container, isOneOfSeveral}
    const after = this.#last.get(run) ?? ''
    const query = {
      container,
      timestamps: 'true',
      ...(isFollowed ? {follow: 'true'} : {}),
      ...(isPrevious ? {previous: 'true'} : {}),
      ...(sinceSeconds === undefined ? {} : {sinceSeconds: String(Math.max(1, Math.ceil(sinceSeconds)))}),
    }
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.name}/log`
    try {
      for await (const text of this.#reader.lines(path, {
        query,
        signal,
        idleMs: isFollowed ? undefined : idleMs,
      })) {
        const line = parseLogLine(text, source)
        if (!line || line.time <= after) continue
        this.#last.set(run, line.time)
        yield line
      }
    } catch (error) {
      onProblem(`${cluster}/${pod.name}: ${problemOf(error)}`)
      // Begun again at the next look, after what it has given already.
      this.#begun.delete(run)
    }
  }
}

/** Whether there is a log: of an init container only while it matters. */
function hasWritten({isInit, runningSince, ended, before}: ContainerState, isPrevious: boolean): boolean {
  if (isPrevious) return before !== undefined
  if (isInit && ended?.exitCode === 0) return false
  return runningSince !== undefined || ended !== undefined || before !== undefined
}
