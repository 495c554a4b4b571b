import * as z from 'zod'

import type {ClusterReader} from '../../drivers/kubernetes/types.ts'
import {messageOf, PpError} from '../../errors.ts'
import type {Fleet, KubernetesCluster, Service} from '../../fleet/types.ts'
import {lookAtEach} from '../clusters.ts'
import type {Resources} from '../facts.ts'
import {measured} from '../look.ts'
import {resources} from '../objects.ts'
import {add} from '../resources.ts'
import {isSelected} from '../selectors.ts'
import {deploymentStateSchema, podStateSchema} from '../why/objects.ts'
import type {PodState} from '../why/types.ts'

/** What one service takes in one cluster, now. */
export interface ServiceLoad {
  readonly service: string
  readonly cluster: string
  readonly site: string
  /** Null: there is no such Deployment. */
  readonly ready: number | null
  readonly wanted: number | null
  /** Of all Pods together, thousandths of a processor and bytes; null while nobody has measured them. */
  readonly cpuMillis: number | null
  readonly memoryBytes: number | null
  /** What they ask for together. */
  readonly cpuAskedMillis: number
  readonly memoryAskedBytes: number
  readonly restarts: number
  /** Of the newest restart. */
  readonly restartedAt: string | null
  /** As an instance says of the queue that all share; null: it has none, or says nothing. */
  readonly queue: {readonly depth: number; readonly oldestSeconds: number} | null
}

export interface ClusterLoad {
  readonly cluster: string
  readonly site: string
  /** Why it could not be looked at. */
  readonly problem: string | null
  /** Why nothing is known of processors and memory. */
  readonly unmeasured: string | null
  readonly services: readonly ServiceLoad[]
}

/** Of one cluster with all that is asked of it. */
const withinMs = 3000

const usageSchema = z
  .object({
    metadata: z.object({name: z.string()}),
    containers: z.array(z.object({usage: resources})).default([]),
  })
  .transform(({metadata, containers}) => ({
    pod: metadata.name,
    usage: containers.reduce<Resources>((sum, {usage}) => add(sum, usage), {}),
  }))
type Usage = z.output<typeof usageSchema>

/** Where Prometheus would ask a Pod; undefined: it is not to be asked. */
const scrapedSchema = z
  .object({metadata: z.object({annotations: z.record(z.string(), z.string()).default({})})})
  .transform(({metadata: {annotations}}) => ({
    metricsPort:
      annotations['prometheus.io/scrape'] === 'true' ? annotations['prometheus.io/port'] : undefined,
  }))
const podSchema = z.intersection(podStateSchema, scrapedSchema)
type ScrapedPod = z.output<typeof podSchema>

/** Looks at all clusters at once; one that does not answer in time is shown as such. */
export async function lookAtLoad(
  clusters: Fleet['clusters'],
  services: readonly Service[],
): Promise<readonly ClusterLoad[]> {
  const looks = await lookAtEach(clusters, (reader, cluster) => loadOf(reader, cluster, services), withinMs)
  return looks.map((look) => {
    if (look.kind === 'seen') return look.seen
    const {name: cluster, site} = look.cluster
    return {cluster, site, problem: look.error.message, unmeasured: null, services: []}
  })
}

async function loadOf(
  reader: ClusterReader,
  {name: cluster, site, namespace}: KubernetesCluster,
  services: readonly Service[],
): Promise<ClusterLoad> {
  const inNamespace = `namespaces/${namespace}`
  const [deployments, pods, {usages, unmeasured}] = await Promise.all([
    reader.list(`/apis/apps/v1/${inNamespace}/deployments`, deploymentStateSchema),
    reader.list(`/api/v1/${inNamespace}/pods`, podSchema, {
      fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
    }),
    usagesIn(reader, inNamespace),
  ])
  const here = services.filter(({clusters}) => clusters.includes(cluster))
  return {
    cluster,
    site,
    problem: null,
    unmeasured,
    services: await Promise.all(
      here.map(async ({name: service, deployment: name}) => {
        const deployment = deployments.find((one) => one.name === name)
        const own = deployment ? pods.filter(({labels}) => isSelected(labels, deployment.selector)) : []
        return {
          service,
          cluster,
          site,
          ready: deployment?.ready ?? null,
          wanted: deployment?.wanted ?? null,
          ...loadBy(own, usages),
          queue: await queueOf(reader, namespace, own),
        }
      }),
    ),
  }
}

/** A cluster without metrics-server, or with one that fails, is still looked at. */
async function usagesIn(
  reader: ClusterReader,
  inNamespace: string,
): Promise<{usages: readonly Usage[]; unmeasured: string | null}> {
  try {
    const usages = await reader.list(`/apis/metrics.k8s.io/v1beta1/${inNamespace}/pods`, usageSchema)
    return {usages, unmeasured: usages.length > 0 ? null : 'metrics-server has measured no Pod'}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    return {usages: [], unmeasured: messageOf(error)}
  }
}

function loadBy(pods: readonly PodState[], usages: readonly Usage[]) {
  const names = new Set(pods.map(({name}) => name))
  const own = usages.filter(({pod}) => names.has(pod))
  const used = own.reduce<Resources>((sum, {usage}) => add(sum, usage), {})
  const asked = pods.reduce<Resources>((sum, {requests}) => add(sum, requests), {})
  const containers = pods.flatMap((pod) => pod.containers)
  return {
    cpuMillis: own.length === 0 ? null : (used.cpu ?? 0),
    memoryBytes: own.length === 0 ? null : (used.memory ?? 0),
    cpuAskedMillis: asked.cpu ?? 0,
    memoryAskedBytes: asked.memory ?? 0,
    restarts: containers.reduce((sum, {restarts}) => sum + restarts, 0),
    restartedAt:
      containers
        .flatMap(({before}) => before?.at ?? [])
        .toSorted()
        .at(-1) ?? null,
  }
}

/** Any one that is ready will do: each knows the queue that all share. */
async function queueOf(reader: ClusterReader, namespace: string, pods: readonly ScrapedPod[]) {
  const asked = pods.find(({isReady, isTerminating, metricsPort}) => isReady && !isTerminating && metricsPort)
  if (!asked) return null
  const {name, metricsPort = ''} = asked
  try {
    const text = await reader.text(
      `/api/v1/namespaces/${namespace}/pods/${name}:${metricsPort}/proxy/metrics`,
    )
    return measured(text ?? '').queue ?? null
  } catch (error) {
    // A network policy may keep the API server away from it.
    if (error instanceof PpError) return null
    throw error
  }
}
