import * as z from 'zod'

import {formatDuration} from '../duration.ts'
import {refusal} from '../errors.ts'
import type {Fleet, KubernetesCluster} from '../fleet/types.ts'
import {findService} from '../fleet/lookup.ts'
import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import {assertSomeSeen, clustersOf, lookAtEach} from './clusters.ts'
import {samplesOf} from './exposition.ts'
import {deploymentStateSchema} from './why/objects.ts'
import {isSelected} from './selectors.ts'
import {podSchema} from './objects.ts'
import {replicasForQueue, type Queue} from './queue-size.ts'
import {sum} from './sum.ts'

/** Pods that are asked for how long a job takes; more of them say the same. */
const mostPods = 10

export interface SizedQueue {
  readonly replicas: number
  /** How that number comes about. */
  readonly arithmetic: string
}

/**
 * How many replicas draw what waits within a time. What a service says of its queue is read from its Pods' own metrics,
 * through the API server: whoever reaches the cluster reaches it, without Prometheus.
 *
 * @throws PpError QUEUE_UNKNOWN where no Pod tells of a queue, and what the clusters throw.
 */
export async function sizeForQueue(
  fleet: Fleet,
  name: string,
  site: string | undefined,
  withinSeconds: number,
): Promise<SizedQueue> {
  const service = findService(fleet, name)
  const looks = await lookAtEach(clustersOf(fleet, service, site), (reader, cluster) =>
    metricsIn(reader, cluster, service.deployment),
  )
  assertSomeSeen(looks)
  const texts = looks.flatMap((look) => (look.kind === 'seen' ? look.seen : []))
  const queue = queueIn(texts)
  if (!queue)
    throw refusal('QUEUE_UNKNOWN', {
      message: `No Pod of ${name} that is ready tells of a queue and of how long a job takes (${texts.length} asked).`,
      hint: `pp scale ${name} +2 --plan`,
    })
  const replicas = replicasForQueue(queue, withinSeconds)
  const {depth, oldestSeconds, jobSeconds} = queue
  const left =
    replicas.withinSeconds === withinSeconds ? '' : `, of which ${formatDuration(oldestSeconds)} are gone`
  return {
    replicas: replicas.count,
    arithmetic: `${depth} jobs × ${formatDuration(jobSeconds)} each ÷ ${formatDuration(replicas.withinSeconds)} = ${replicas.count} (within ${formatDuration(withinSeconds)}${left}; the oldest has waited ${formatDuration(oldestSeconds)})`,
  }
}

async function metricsIn(
  reader: ClusterReader,
  {namespace}: KubernetesCluster,
  deployment: string,
): Promise<readonly string[]> {
  const found = await reader.get(
    `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`,
    deploymentStateSchema,
  )
  const port = await reader.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`, portSchema)
  if (!found || port === undefined) return []
  const pods = await reader.list(`/api/v1/namespaces/${namespace}/pods`, podSchema)
  const own = pods
    .filter(({labels, isReady}) => isReady && isSelected(labels, found.selector))
    .slice(0, mostPods)
  const answers = await Promise.allSettled(
    own.map((pod) => reader.text(`/api/v1/namespaces/${namespace}/pods/${pod.name}:${port}/proxy/metrics`)),
  )
  return answers.flatMap((answer) =>
    answer.status === 'fulfilled' && answer.value !== undefined ? [answer.value] : [],
  )
}

/** The container's port named http. */
const portSchema = z
  .object({
    spec: z.object({
      template: z.object({
        spec: z.object({
          containers: z.array(
            z.object({
              ports: z.array(z.object({name: z.string().default(''), containerPort: z.number()})).default([]),
            }),
          ),
        }),
      }),
    }),
  })
  .transform(
    ({spec}) =>
      spec.template.spec.containers.flatMap(({ports}) => ports).find(({name}) => name === 'http')
        ?.containerPort,
  )

/** All instances share one queue; each has measured its own jobs. */
function queueIn(texts: readonly string[]): Queue | undefined {
  const of = (metric: string) => texts.flatMap((text) => samplesOf(text, metric).map(({value}) => value))
  const depths = of('render_queue_depth')
  const jobs = sum(of('render_seconds_count'))
  if (depths.length === 0 || jobs === 0) return undefined
  return {
    depth: Math.max(...depths),
    oldestSeconds: Math.max(0, ...of('render_queue_oldest_age_seconds')),
    jobSeconds: sum(of('render_seconds_sum')) / jobs,
  }
}
