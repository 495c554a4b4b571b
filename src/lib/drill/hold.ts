import {setTimeout as sleep} from 'node:timers/promises'

import type {Check} from '../database/types.ts'
import {exactDuration} from '../duration.ts'
import {removalOf, removeHold, writeHold, type Hold} from '../drivers/kubernetes/hold.ts'
import type {ClusterAccess} from '../drivers/kubernetes/types.ts'
import {PpError} from '../errors.ts'
import type {FaultCluster} from '../fault/on-cluster.ts'
import type {Fleet, KubernetesCluster} from '../fleet/types.ts'
import {refuseHeld, refuseInDrill} from '../workload/in-drill.ts'
import {refuseWhileChanged} from '../workload/open-service.ts'
import {hostsOf} from './cluster-hosts.ts'
import type {Drill} from './format/types.ts'
import type {ResolvedDrill} from './resolve.ts'
import {longestRunSeconds} from './running.ts'
import {withClusters, type OpenedCluster} from './site-fault-on.ts'
import {singleSteps} from './steps.ts'

/** An API server that was stopped, or whose host was off, is given so long to answer again. */
const silentMs = 60_000
const paceMs = 1000

/** Services that a drill disturbs: its own, all of its sites and of clusters whose hosts it hits, and all where the link is cut. */
export function heldServices(
  {services, clusters}: Fleet,
  {targets}: Pick<Drill, 'targets'>,
  {targets: hosts, method}: Pick<ResolvedDrill, 'targets' | 'method'>,
): readonly string[] {
  const isLinkCut = method
    .flatMap(singleSteps)
    .some((step) => step.kind === 'fault' && step.fault.kind === 'cut-link')
  const isHit = (cluster: KubernetesCluster) =>
    isLinkCut ||
    targets.sites.includes(cluster.site) ||
    hostsOf(cluster).some(({name}) => hosts.includes(name))
  const hit = new Set(clusters.filter(isHit).map(({name}) => name))
  return services
    .filter(({clusters: its}) => its.some((name) => clusters.some((one) => one.name === name)))
    .filter(({name, clusters: its}) => targets.services.includes(name) || its.some((one) => hit.has(one)))
    .map(({name}) => name)
}

/** As the fleet file has them now: one that is not in it any more cannot be in the way. */
export const clustersOfServices = (
  {services, clusters}: Fleet,
  names: readonly string[],
): readonly KubernetesCluster[] =>
  clusters.filter((cluster) =>
    services.some((service) => names.includes(service.name) && service.clusters.includes(cluster.name)),
  )

/** Whether nobody changes a service that the drill would hold, and no other drill holds it. */
export const heldChecks = (fleet: Fleet, services: readonly string[]): Promise<readonly Check[]> =>
  Promise.all(services.map((service) => heldCheck(fleet, service)))

async function heldCheck(fleet: Fleet, service: string): Promise<Check> {
  const check = {id: `service.${service}`, limit: 'no operation on it', hint: 'pp op list'}
  try {
    await withClusters(clustersOfServices(fleet, [service]), async (clusters, [unopened]) => {
      if (unopened) throw unopened.error
      await refuseWhileChanged(fleet, service, clusters)
      await refuseInDrill(fleet, {name: service, site: undefined, plan: false})
    })
    return {...check, status: 'pass', measured: 'nobody changes it'}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    return {...check, status: 'fail', measured: error.message, hint: error.hint}
  }
}

/**
 * Writes the hold in each cluster, then looks at the Leases, see `keptForService`, and at the holds of other drills.
 *
 * @param mayBeSilent a cluster that does not answer is left out: the drill itself has made it silent.
 * @returns names of the clusters that have it. @throws PpError TARGET_LOCKED, OPERATION_UNFINISHED, SERVICE_IN_DRILL (6) and CLUSTER_….
 */
export async function hold(
  fleet: Fleet,
  clusters: readonly FaultCluster[],
  about: Omit<Hold, 'since' | 'until'>,
  {mayBeSilent}: {readonly mayBeSilent: boolean},
): Promise<readonly string[]> {
  // All are waited for: one that is still on its way would come after its removal.
  const writes = await Promise.allSettled(
    clusters.map(async (cluster) => {
      await writeHold(cluster.api, cluster.namespace, about, longestRunSeconds)
      return cluster
    }),
  )
  const failures = writes.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []))
  const fatal = failures.filter((failure) => !mayBeSilent || !(failure instanceof PpError))
  if (fatal.length > 0) throw fatal[0]
  const held = writes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  for (const service of fleet.services.filter(({name}) => about.services.includes(name))) {
    const its = held.filter(({name}) => service.clusters.includes(name))
    await refuseWhileChanged(fleet, service.name, its)
    await refuseHeld(service.name, its, about.operation)
  }
  return held.map(({name}) => name)
}

/**
 * Removes the hold in each cluster.
 *
 * @param patienceMs for those that are silent. @returns what is to be said of those that still are.
 */
export async function release(
  clusters: readonly OpenedCluster[],
  operation: string,
  patienceMs = silentMs,
): Promise<readonly string[]> {
  const deadline = performance.now() + patienceMs
  const left = await Promise.all(
    clusters.map(async (cluster) => {
      for (;;)
        try {
          await removeHold(cluster.api, cluster.namespace, operation)
          return []
        } catch (error) {
          if (!(error instanceof PpError)) throw error
          if (performance.now() + paceMs > deadline) return [staysIn(cluster, operation, error)]
          await sleep(paceMs)
        }
    }),
  )
  return left.flat()
}

/** What is to be said of a cluster where the hold could not be removed. */
export const staysIn = (
  cluster: ClusterAccess & Pick<FaultCluster, 'namespace'>,
  operation: string,
  {message}: PpError,
): string =>
  `the hold on services stays in ${cluster.name} and ends by itself within ${exactDuration(longestRunSeconds)}, or with ${removalOf(cluster, cluster.namespace, operation)}: ${message}`
