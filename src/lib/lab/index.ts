import type {FaultKind, FaultRecord} from '../fault/types.ts'
import {breakHost, mendHosts, type BreakResult} from './break.ts'
import {switchOff, switchOn} from './lab-host.ts'
import {withLabLock} from './lock.ts'
import {isPowered} from './power.ts'
import {findHost, requireRecord} from './state.ts'

export {breakHost, breakSite, mendHosts} from './break.ts'
export {labDown} from './down.ts'
export {labHealth, waitForHealth} from './health.ts'
export {inHost} from './inside.ts'
export {hostNamespace, namespaceFile} from './names.ts'
export {labPaths} from './paths.ts'
export {resetLab} from './reset.ts'
export {readRecord, requireRecord} from './state.ts'
export {labStatus} from './status.ts'
export {labUp} from './up.ts'

/** Ends power at once, as a BMC does, without recording a fault; see `breakHost` for one that `mendHosts` undoes. */
export const powerOff = (lab: string, host: string): Promise<void> =>
  withLabLock(lab, () => switchOff(lab, host))
export const powerOn = (lab: string, host: string): Promise<void> =>
  withLabLock(lab, () => switchOn(lab, host))
/** What the power controller says: on for a frozen host too. */
export async function powerStatus(lab: string, host: string): Promise<'on' | 'off'> {
  return (await isPowered(findHost(await requireRecord(lab), host))) ? 'on' : 'off'
}

const broken = (
  lab: string,
  host: string,
  kind: FaultKind,
  more: Partial<FaultRecord> = {},
): Promise<BreakResult> =>
  breakHost(lab, {kind, host, from: [], oneWay: false, process: null, units: [], delayMs: null, ...more})

/** Faults with their proof; `mend` undoes them. */
export const freeze = (lab: string, host: string): Promise<BreakResult> => broken(lab, host, 'freeze')
/** @param from hosts, or `operator` for the machine that pp runs on; everybody when empty. */
export const cut = (
  lab: string,
  host: string,
  from: readonly string[] = [],
  oneWay = false,
): Promise<BreakResult> => broken(lab, host, 'cut', {from, oneWay})
export const fillDisk = (lab: string, host: string): Promise<BreakResult> => broken(lab, host, 'disk-full')
export const killProcess = (lab: string, host: string, process: string): Promise<BreakResult> =>
  broken(lab, host, 'kill', {process})
export const hangArchiver = (lab: string, host: string): Promise<BreakResult> =>
  broken(lab, host, 'hang-archiver')
export const slow = (lab: string, host: string, delayMs: number): Promise<BreakResult> =>
  broken(lab, host, 'slow', {delayMs})
export const breakSwitch = (lab: string, host: string, how: 'lies' | 'hangs'): Promise<BreakResult> =>
  broken(lab, host, `switch-${how}`)
export const mend = async (lab: string, host?: string): Promise<void> => {
  await mendHosts(lab, host)
}
