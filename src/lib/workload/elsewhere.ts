import {clusterFindings} from './glance/status.ts'
import type {ClusterGlance} from './glance/types.ts'
import type {ServiceState} from './look.ts'

/**
 * Whether a service that runs in a cluster is not started on this machine's loopback as well: then its instances there, which
 * refuse connections, are not missed.
 */
export const isOnlyInClusters = (
  {name, instances}: ServiceState,
  clusters: readonly ClusterGlance[],
): boolean =>
  clusters.some(({services}) => services.some(({service, wanted}) => service === name && wanted !== null)) &&
  instances.every(
    ({url, problem}) =>
      ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname) &&
      problem?.includes('ECONNREFUSED') === true,
  )

/** Whether something of the services is not ready. */
export const isMissed = (services: readonly ServiceState[], clusters: readonly ClusterGlance[]): boolean =>
  clusterFindings(clusters).length > 0 ||
  services.some(
    (service) => !isOnlyInClusters(service, clusters) && service.instances.some(({isReady}) => !isReady),
  )
