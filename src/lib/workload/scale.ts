import {again} from '../again.ts'
import {openCluster} from '../drivers/kubernetes/open-cluster.ts'
import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import {messageOf, refusal, usageError} from '../errors.ts'
import {findService} from '../fleet/lookup.ts'
import type {Fleet, KubernetesCluster, Service} from '../fleet/types.ts'
import {isGivenBackByJob} from './changes.ts'
import {clustersOf} from './clusters.ts'
import type {ClusterFacts} from './facts.ts'
import {joined} from './node-groups/join.ts'
import {observeAws} from './node-groups/observe.ts'
import type {AwsSeen} from './node-groups/types.ts'
import {leftOf} from './give-back/give-back.ts'
import {needsImage} from './give-back/needs-image.ts'
import {observeCluster} from './observe.ts'
import {planScale} from './plan.ts'
import {costsOf, priceOfNodes, type ScaleCost} from './prices.ts'
import type {ScalePlan, ScaleRequest} from './types.ts'

/** A plan with what the nodes of its clusters cost an hour, before and after. */
export type PlannedScale = ScalePlan & {readonly kind: 'plan'; readonly cost: ScaleCost}

/**
 * Looks at every cluster of a service and plans; changes nothing.
 *
 * @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN, SITE_NEEDED, CLUSTERS_SILENT, what the clusters
 *   throw, and the planner's refusals.
 */
export async function plannedScale(fleet: Fleet, request: ScaleRequest): Promise<PlannedScale> {
  const {service, site} = request
  const found = findService(fleet, service)
  const clusters = clustersOf(fleet, found, site)
  if (request.kind === 'bounds' && clusters.length > 1)
    throw usageError('SITE_NEEDED', {
      message: `${service} has an autoscaler in each of ${clusters.map(({name}) => name).join(', ')}.`,
      hint: `Choose one: ${again('--site', clusters[0]?.site)}`,
    })
  const facts = await observeAll(clusters, found)
  const prices = new Map(facts.map((one) => [one.cluster, priceOfNodes(one)]))
  const plan = planScale(facts, request, (cluster, node) => prices.get(cluster)?.get(node))
  if (plan.kind === 'plan') {
    refuseWithoutImage(plan, clusters, request)
    const changing = plan.clusters.flatMap(({cluster, growth, returns}) => {
      const of = facts.find((one) => one.cluster === cluster)
      return of ? [{facts: of, growth, returns}] : []
    })
    return {...plan, cost: costsOf(changing)}
  }
  throw refusal(plan.code, {message: `${plan.reason}.`, hint: plan.hint})
}

async function observeAll(
  clusters: readonly KubernetesCluster[],
  service: Service,
): Promise<readonly ClusterFacts[]> {
  const looks = await Promise.allSettled(clusters.map((cluster) => lookAtCluster(cluster, service)))
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

/** What a plan needs to know of a service in one cluster. @throws PpError as `plannedScale`. */
export async function lookAtCluster(
  cluster: KubernetesCluster,
  {name, deployment}: Service,
): Promise<ClusterFacts> {
  const reader = await openCluster(cluster)
  try {
    const [facts, seen, left] = await Promise.all([
      observeCluster(reader, cluster, deployment),
      observeGroups(reader, cluster),
      leftOf(reader, cluster.namespace, name),
    ])
    return {...(seen ? joined(facts, seen) : facts), left}
  } finally {
    reader.close()
  }
}

/** Undefined where nobody could be asked. */
async function observeGroups(
  reader: ClusterReader,
  {aws: access, nodeGroups}: KubernetesCluster,
): Promise<AwsSeen | undefined> {
  if (!access || nodeGroups.length === 0) return undefined
  const {openAws} = await import('../drivers/aws/open-aws.ts')
  const aws = openAws(access)
  try {
    return await observeAws(aws, reader, nodeGroups)
  } finally {
    aws.close()
  }
}

/** @throws PpError UNTIL_NEEDS_IMAGE where a cluster could not give back by itself what is set there. */
function refuseWithoutImage(
  plan: ScalePlan & {readonly kind: 'plan'},
  clusters: readonly KubernetesCluster[],
  {service, until}: ScaleRequest,
): void {
  const lacking = plan.clusters.find(
    ({cluster, changes}) =>
      until && isGivenBackByJob(changes) && clusters.some(({name, image}) => name === cluster && !image),
  )
  if (lacking) throw needsImage(service, lacking.cluster)
}
