import type {Cluster} from '../database/cluster.ts'
import {HostPower} from '../drivers/power/power.ts'
import {lookAtSsh} from '../drivers/ssh/look.ts'
import {refusal} from '../errors.ts'
import {powerSwitchFault} from '../fault/by-power-switch.ts'
import {hostFault} from '../fault/on-host.ts'
import type {Fault} from '../fault/types.ts'
import {findHost} from '../fleet/lookup.ts'
import {isOnHost} from './fault-place.ts'
import type {FaultSpec} from './format/types.ts'
import {siteFaultOn} from './site-fault-on.ts'

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
/** From the power of a host to its first answer. */
const bootSeconds = 300

/** A fault of a drill where it hits. @throws PpError NO_POWER_SWITCH, HOST_UNREACHABLE, and as `siteFaultOn`. */
export async function faultOn(
  cluster: Cluster,
  spec: FaultSpec,
  {id, operation, lock, token}: FaultContext,
): Promise<Fault<unknown>> {
  const {fleet} = cluster
  if (!isOnHost(spec)) return siteFaultOn(fleet, spec, id)
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
