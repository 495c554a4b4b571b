import {openClusterToWrite} from '../drivers/kubernetes/open-cluster.ts'
import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import type {Fleet, KubernetesCluster, Service} from '../fleet/types.ts'
import type {KeepingCluster} from '../operation/leases.ts'
import {clustersOf} from '../workload/clusters.ts'

/** One cluster of a rollout: how it is reached, and what is changed there. */
export interface Place {
  readonly cluster: KubernetesCluster
  readonly api: ClusterWriter
  readonly deployment: string
}

/** What an operation on a service locks. */
export const leaseOf = ({name, deployment}: Service) => ({target: name, lease: `pp-${deployment}`})
export const keeping = ({cluster: {name, namespace}, api}: Place): KeepingCluster => ({name, namespace, api})

/**
 * Opens every cluster of a service, to change it.
 *
 * @param site only those there; all when undefined. @throws PpError of the first that cannot be opened.
 */
export async function openPlaces(
  fleet: Fleet,
  service: Service,
  site: string | undefined,
): Promise<readonly Place[]> {
  const clusters = clustersOf(fleet, service, site)
  const opened = await Promise.allSettled(
    clusters.map(async (cluster): Promise<Place> => ({
      cluster,
      api: await openClusterToWrite(cluster),
      deployment: service.deployment,
    })),
  )
  const places = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = opened.find((one) => one.status === 'rejected')
  if (!failed) return places
  for (const {api} of places) api.close()
  throw failed.reason
}
