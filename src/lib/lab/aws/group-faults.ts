import type {Fault, Proof} from '../../fault/types.ts'
import type {LabRecord, SiteFault} from '../state.ts'
import {readFaults, writeFaults, type AwsFaults} from './emulator.ts'

export type GroupFault = Exclude<SiteFault, {kind: 'link'}>

/** What a node group of the lab can meet: AWS has no more instances, or they are long in coming. */
export const groupFault = (record: LabRecord, fault: GroupFault): Fault<GroupFault> => ({
  async apply() {
    await writeFaults(record, withFault(await readFaults(record), fault))
    return fault
  },
  async undo() {
    await writeFaults(record, withoutFault(await readFaults(record), fault))
  },
  proveInForce: () => prove(record, fault, true),
  proveGone: () => prove(record, fault, false),
})

const withFault = (faults: AwsFaults, fault: GroupFault): AwsFaults =>
  fault.kind === 'no-capacity'
    ? {...faults, noCapacity: {...faults.noCapacity, [fault.group]: [...fault.zones]}}
    : {...faults, delaySeconds: {...faults.delaySeconds, [fault.group]: fault.delaySeconds}}

function withoutFault(faults: AwsFaults, {kind, group}: GroupFault): AwsFaults {
  const without = <T>(of: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(of).filter(([name]) => name !== group))
  return kind === 'no-capacity'
    ? {...faults, noCapacity: without(faults.noCapacity)}
    : {...faults, delaySeconds: without(faults.delaySeconds)}
}

async function prove(record: LabRecord, {kind, group}: GroupFault, isWanted: boolean): Promise<Proof> {
  const {noCapacity, delaySeconds} = await readFaults(record)
  const [zones, delay] = [noCapacity[group], delaySeconds[group]]
  const measured =
    kind === 'no-capacity'
      ? `AWS has ${zones === undefined ? 'room for its instances' : `no instance for it in ${zones.join(' ')}`}`
      : `its instances boot ${delay === undefined ? 'at once' : `after ${delay} s`}`
  return {holds: ((kind === 'no-capacity' ? zones : delay) !== undefined) === isWanted, measured}
}
