import type {AwsDriver} from '../drivers/aws/types.ts'
import {openClusterToWrite} from '../drivers/kubernetes/open-cluster.ts'
import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import {findService} from '../fleet/lookup.ts'
import type {Fleet, KubernetesCluster, Service} from '../fleet/types.ts'
import {catchUp} from '../operation/elsewhere.ts'
import {chainInClusters} from '../operation/cluster-copies.ts'
import {
  keptByClusters,
  refuseWhileLeased,
  type KeepingCluster,
  type LeasedTarget,
} from '../operation/leases.ts'
import {listOperations, openJournal, unfinishedOn} from '../operation/store.ts'
import type {Keeper} from '../operation/types.ts'
import {clustersOf} from './clusters.ts'
import {refuseHeld} from './in-drill.ts'

/** What an operation on a service locks. */
export const serviceTarget = (service: string): string => `service/${service}`

export interface ServiceCluster {
  readonly declared: KubernetesCluster
  readonly api: ClusterWriter
  /** Undefined: nobody makes its nodes that pp could ask. */
  readonly aws?: AwsDriver | undefined
}

/** A service with its clusters connected, to be changed in. */
export interface OpenService {
  readonly fleet: Fleet
  readonly service: Service
  /** In the order in which they are filled. */
  readonly clusters: readonly ServiceCluster[]
  readonly keeper: Keeper
  close(): void
}

/**
 * Connects to the clusters of a service. Only these are locked, so that with a link cut each site can be changed alone.
 *
 * @param site undefined: all. @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN, and of logging in.
 */
export async function openService(
  fleet: Fleet,
  name: string,
  site: string | undefined,
): Promise<OpenService> {
  const service = findService(fleet, name)
  const clusters = await Promise.all(
    clustersOf(fleet, service, site).map(async (declared) => ({
      declared,
      api: await openClusterToWrite(declared),
      aws: await awsOf(declared),
    })),
  )
  return {
    fleet,
    service,
    clusters,
    keeper: keptForService(name, keeping(clusters)),
    close() {
      for (const {api, aws} of clusters) {
        api.close()
        aws?.close()
      }
    },
  }
}

/** Its clients are large, so they are only loaded where node groups are declared; it connects when it is asked. */
async function awsOf({aws, nodeGroups}: KubernetesCluster): Promise<AwsDriver | undefined> {
  if (!aws || nodeGroups.length === 0) return undefined
  const {openAws} = await import('../drivers/aws/open-aws.ts')
  return openAws(aws)
}

/**
 * The lock of a service. A drill writes its hold and then looks at the Leases; whoever has the Leases then looks for holds, so that
 * at least one of the two sees the other. What goes on with its own operation is not asked: a drill that began after it has seen it.
 */
export function keptForService(name: string, clusters: readonly KeepingCluster[]): Keeper {
  const kept = keptByClusters(leasedTarget(name), clusters)
  return {
    ...kept,
    async acquire(request) {
      const lease = await kept.acquire(request)
      if (request.mayTakeOver) return lease
      try {
        await refuseHeld(name, clusters)
        return lease
      } catch (error) {
        await lease.release()
        throw error
      }
    },
  }
}

/**
 * A plain run never goes on with what another one began; what was ended from another machine is not unfinished.
 *
 * @throws PpError TARGET_LOCKED, OPERATION_UNFINISHED (6).
 */
export const refuseWhileUnfinished = ({fleet, service, clusters}: OpenService): Promise<void> =>
  refuseWhileChanged(fleet, service.name, keeping(clusters))

/** The same for who has only the clusters of a service. @throws PpError TARGET_LOCKED, OPERATION_UNFINISHED (6). */
export async function refuseWhileChanged(
  fleet: Fleet,
  service: string,
  clusters: readonly KeepingCluster[],
): Promise<void> {
  const about = leasedTarget(service)
  const {target} = about
  await refuseWhileLeased(about, clusters)
  for (const {id, target: its, outcome} of listOperations(fleet)) {
    if (its !== target || outcome !== undefined) continue
    const journal = openJournal(fleet, id)
    journal.close()
    await catchUp(journal, {chain: (operation) => chainInClusters(operation, clusters)})
  }
  unfinishedOn(fleet, target)
}

/** Name of its Leases, and label of the copies of its journals. */
export const leaseOf = (service: string): string => `pp-${service}`

const leasedTarget = (service: string): LeasedTarget => ({
  target: serviceTarget(service),
  lease: leaseOf(service),
})

const keeping = (clusters: readonly ServiceCluster[]) =>
  clusters.map(({declared: {name, namespace}, api}) => ({name, namespace, api}))
