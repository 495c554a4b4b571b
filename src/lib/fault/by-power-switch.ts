import {setTimeout as sleep} from 'node:timers/promises'

import type {HostPower, PowerAnswer, PowerState} from '../drivers/power/power.ts'
import type {SshLook} from '../drivers/ssh/look.ts'
import type {Fault, Proof} from './types.ts'

export interface PowerFaultRecord {
  readonly kind: 'power-off'
  readonly host: string
}

export interface PowerFaultContext {
  /** Whether SSH of the host answers from here. A switch that says off may lie, or belong to another machine. */
  readonly look: () => Promise<SshLook>
  /** How long the host may take from its power to its SSH. */
  readonly bootSeconds: number
}

const switchSeconds = 15
const paceMs = 500

/** The host loses its power by the fleet's own power switch. Nothing lifts this one by itself: only `pp`, or a hand. */
export const powerSwitchFault = (
  power: Pick<HostPower, 'ask' | 'state'>,
  record: PowerFaultRecord,
  {look, bootSeconds}: PowerFaultContext,
): Fault<PowerFaultRecord> => ({
  async apply() {
    await turn(power, 'off')
    return record
  },
  async undo() {
    await turn(power, 'on')
    await within(bootSeconds, async () => (await look()).answer === 'answers')
  },
  proveInForce: () => prove(power, look, (state, {answer}) => state === 'off' && answer === 'silent'),
  proveGone: () => prove(power, look, (state, {answer}) => state === 'on' && answer === 'answers'),
})

/** A switch may answer before it has acted, so it is asked until it says so itself. */
async function turn(power: Pick<HostPower, 'ask' | 'state'>, wanted: PowerState): Promise<void> {
  const says = async () => (await power.state(switchSeconds)).state === wanted
  if (await says()) return
  await power.ask(wanted, switchSeconds)
  await within(switchSeconds, says)
}

/** What does not come to hold is for the proof to tell. */
async function within(seconds: number, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + seconds * 1000; !(await holds());) {
    if (performance.now() > deadline) return
    await sleep(paceMs)
  }
}

async function prove(
  power: Pick<HostPower, 'state'>,
  look: () => Promise<SshLook>,
  holds: (state: PowerAnswer['state'], ssh: SshLook) => boolean,
): Promise<Proof> {
  const [{state, said}, ssh] = await Promise.all([power.state(switchSeconds), look()])
  const switchSays =
    state === undefined ? `the switch does not say on or off: ${said}` : `the switch says ${state}`
  return {holds: holds(state, ssh), measured: `${switchSays}, ${ssh.said}`}
}
