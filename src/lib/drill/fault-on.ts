import type {Cluster} from '../database/cluster.ts'
import {HostPower} from '../drivers/power/power.ts'
import {lookAtSsh} from '../drivers/ssh/look.ts'
import {openCluster} from '../drivers/kubernetes/open-cluster.ts'
import {PpError, refusal} from '../errors.ts'
import {apiServerDownFault} from '../fault/api-server-down.ts'
import {powerSwitchFault} from '../fault/by-power-switch.ts'
import {hostFault} from '../fault/on-host.ts'
import type {Fault} from '../fault/types.ts'
import {findHost} from '../fleet/lookup.ts'
import type {KubernetesCluster} from '../fleet/types.ts'
import {controlPlaneOf} from './cluster-hosts.ts'
import {isOnHost} from './fault-place.ts'
import type {FaultSpec} from './format/types.ts'
import {clusterOnSite, siteFaultOn} from './site-fault-on.ts'

export interface FaultContext {
  /** Its name on the host, for ever. */
  readonly id: string
  readonly operation: string
  /** What the token is of. */
  readonly lock: string
  readonly token: number
}

/** An order to a host that is longer on its way is refused there. */
const orderSeconds = 10
const connectSeconds = 2
const readyzMs = 3000
/** From the power of a host to its first answer. */
const bootSeconds = 300

/** A fault of a drill where it hits. @throws PpError NO_POWER_SWITCH, HOST_UNREACHABLE, CONTROL_PLANE_OUT_OF_REACH, and as `siteFaultOn`. */
export async function faultOn(
  cluster: Cluster,
  spec: FaultSpec,
  {id, operation, lock, token}: FaultContext,
): Promise<Fault<unknown>> {
  const {fleet} = cluster
  if (!isOnHost(spec) && spec.kind !== 'api-server-down') return siteFaultOn(fleet, spec, id)
  if (!isOnHost(spec)) return apiServerOn(cluster, spec, {id, operation, lock, token})
  const {kind, host, from, expiresSeconds} = spec
  const look = () => lookAtSsh(findHost(fleet, host), fleet.ssh, connectSeconds)
  if (kind === 'power-off') {
    if (!fleet.power)
      throw refusal('NO_POWER_SWITCH', {
        message: `${fleet.name}/${fleet.environment} has no power switches, so ${host} cannot be switched off.`,
        hint: `Add fence.power to ${fleet.file}, then: pp config explain`,
      })
    const power = new HostPower(fleet.power, findHost(fleet, host), fleet.lab)
    return powerSwitchFault(power, {kind, host}, {look, bootSeconds})
  }
  await cluster.connect(host, {insist: true})
  const addresses = from.map((name) => findHost(fleet, name).address)
  return hostFault(
    cluster.acts(host),
    {kind, host, target: cluster.database.name, id, from: addresses, expiresSeconds},
    {operation, token, lock, orderSeconds, look},
  )
}

type ApiServerDown = Extract<FaultSpec, {kind: 'api-server-down'}>

async function apiServerOn(
  cluster: Cluster,
  {kind, site, expiresSeconds}: ApiServerDown,
  {id, operation, lock, token}: FaultContext,
): Promise<Fault<unknown>> {
  const {fleet} = cluster
  const kubernetes = clusterOnSite(fleet, site)
  const hosts = controlPlaneOf(kubernetes)
  const faults = await Promise.all(
    hosts.map(async (host) => {
      await cluster.connect(host.name, {insist: true})
      const record = {kind, host: host.name, target: kubernetes.name, id, from: [], expiresSeconds}
      const look = () => lookAtSsh(host, fleet.ssh, connectSeconds)
      return hostFault(cluster.acts(host.name), record, {operation, token, lock, orderSeconds, look})
    }),
  )
  return apiServerDownFault(faults, () => readyzOf(kubernetes))
}

/** What an API server says of itself, as it is reached from here; undefined where nobody answers. */
async function readyzOf(kubernetes: KubernetesCluster): Promise<string | undefined> {
  const reader = await openCluster(kubernetes, readyzMs)
  try {
    return (await reader.text('/readyz'))?.trim()
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    if (error.code === 'CLUSTER_UNREACHABLE') return undefined
    if (error.code === 'CLUSTER_FAILED') return error.message
    throw error
  } finally {
    reader.close()
  }
}
