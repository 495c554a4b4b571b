import {refusal} from '../errors.ts'
import {readInventory} from '../fleet/inventory.ts'
import type {Fleet, Host, KubernetesCluster} from '../fleet/types.ts'

/** Groups of a cluster's inventory, as the roles of its playbooks have them. */
const controlPlane = 'kubernetes_control_plane'
const groups = [controlPlane, 'kubernetes_node']

/** Hosts of one cluster. */
export const hostsOf = ({inventory}: KubernetesCluster): readonly Host[] =>
  inventory === undefined
    ? []
    : readInventory(inventory).filter((host) => groups.some((group) => host.groups.includes(group)))

/** Hosts of the fleet's clusters, which the inventory of its databases does not have. */
export const clusterHosts = ({clusters}: Fleet): readonly Host[] => clusters.flatMap(hostsOf)

/** The fleet with these hosts among its own. */
export function withClusterHosts(fleet: Fleet): Fleet {
  const known = new Set(fleet.hosts.map(({name}) => name))
  return {...fleet, hosts: [...fleet.hosts, ...clusterHosts(fleet).filter(({name}) => !known.has(name))]}
}

/** Hosts that run the API server of a cluster. @throws PpError CONTROL_PLANE_OUT_OF_REACH. */
export function controlPlaneOf(cluster: KubernetesCluster): readonly Host[] {
  const hosts = hostsOf(cluster).filter((host) => host.groups.includes(controlPlane))
  if (hosts.length > 0) return hosts
  throw refusal('CONTROL_PLANE_OUT_OF_REACH', {
    message: `The fleet file names no host that runs the API server of ${cluster.name}; that of a managed cluster is its provider's.`,
    hint: `Name the inventory with its group ${controlPlane} as clusters.${cluster.name}.inventory, then: pp config explain`,
  })
}
