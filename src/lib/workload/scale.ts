import {again} from '../again.ts'
import {openCluster} from '../drivers/kubernetes/open-cluster.ts'
import {messageOf, refusal, usageError} from '../errors.ts'
import {findService} from '../fleet/lookup.ts'
import type {Fleet, KubernetesCluster} from '../fleet/types.ts'
import type {ClusterFacts} from './facts.ts'
import {observeCluster} from './observe.ts'
import {planScale} from './plan.ts'
import type {ScalePlan, ScaleRequest} from './types.ts'

/**
 * Looks at every cluster of a service and plans; changes nothing.
 *
 * @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN, SITE_NEEDED, CLUSTERS_SILENT, what the clusters
 *   throw, and the planner's refusals.
 */
export async function plannedScale(fleet: Fleet, request: ScaleRequest): Promise<ScalePlan & {kind: 'plan'}> {
  const {service, site} = request
  const {clusters, deployment} = clustersOf(fleet, service, site)
  if (request.kind === 'bounds' && clusters.length > 1)
    throw usageError('SITE_NEEDED', {
      message: `${service} has an autoscaler in each of ${clusters.map(({name}) => name).join(', ')}.`,
      hint: `Choose one: ${again('--site', clusters[0]?.site)}`,
    })
  const plan = planScale(await observeAll(clusters, deployment), request)
  if (plan.kind === 'plan') return plan
  throw refusal(plan.code, {message: `${plan.reason}.`, hint: plan.hint})
}

function clustersOf(fleet: Fleet, name: string, site: string | undefined) {
  const {clusters: names, deployment} = findService(fleet, name)
  if (names.length === 0)
    throw usageError('SERVICE_WITHOUT_CLUSTER', {
      message: `The fleet file names no cluster that ${name} runs in.`,
      hint: `Add services.${name}.clusters to the fleet file, then: pp config explain`,
    })
  const all = names.flatMap((one) => fleet.clusters.filter((cluster) => cluster.name === one))
  const clusters = all.filter((cluster) => site === undefined || cluster.site === site)
  if (clusters.length > 0) return {clusters, deployment}
  throw usageError('SITE_UNKNOWN', {
    message: `${name} runs in no cluster on a site "${site ?? ''}"; it runs on ${all.map((cluster) => cluster.site).join(', ')}.`,
    hint: again('--site', all[0]?.site),
  })
}

async function observeAll(
  clusters: readonly KubernetesCluster[],
  deployment: string,
): Promise<readonly ClusterFacts[]> {
  const looks = await Promise.allSettled(clusters.map((cluster) => observe(cluster, deployment)))
  const failures = looks.flatMap((look): unknown[] => (look.status === 'rejected' ? [look.reason] : []))
  const facts = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []))
  if (failures.length === 0) return facts
  const [answering] = facts
  if (!answering) throw failures[0]
  // What is in a silent cluster is not known, so neither is how many there are in all.
  throw refusal('CLUSTERS_SILENT', {
    message: failures.map(messageOf).join(' '),
    hint: again('--site', answering.site),
    cause: failures[0],
  })
}

async function observe(cluster: KubernetesCluster, deployment: string): Promise<ClusterFacts> {
  const reader = await openCluster(cluster)
  try {
    return await observeCluster(reader, cluster, deployment)
  } finally {
    reader.close()
  }
}
