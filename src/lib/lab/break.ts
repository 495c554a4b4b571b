import {PpError} from '../errors.ts'
import {faultOf, sameFault} from '../fault/faults.ts'
import {faultKinds, type FaultRecord, type Proof} from '../fault/types.ts'
import {labHost} from './lab-host.ts'
import {withLabLock} from './lock.ts'
import {operatorPort} from './names.ts'
import {findHost, requireRecord, writeRecord} from './state.ts'

export interface BreakResult {
  readonly fault: FaultRecord
  readonly proof: Proof
}

/**
 * Breaks a host and proves it. The way back is on record before anything breaks.
 *
 * @throws PpError LAB_NOT_UP, LAB_HOST_UNKNOWN, LAB_HOST_OFF, FAULT_NO_DISK, FAULT_NO_DATABASE, FAULT_NO_PROCESS; FAULT_NOT_IN_FORCE.
 */
export function breakHost(lab: string, fault: FaultRecord): Promise<BreakResult> {
  return withLabLock(lab, async () => {
    const record = await requireRecord(lab)
    findHost(record, fault.host)
    for (const other of fault.from) if (other !== operatorPort) findHost(record, other)
    const others = record.faults.filter((known) => !sameFault(known, fault))
    const earlier = record.faults.find((known) => sameFault(known, fault))
    await writeRecord({...record, faults: [...others, earlier ?? fault]})
    const host = await labHost(lab, fault.host)
    const applied = await faultOf(host, fault)
      .apply()
      .catch(async (error: unknown) => {
        if (error instanceof PpError && error.outcome === 'refused') await forget(lab, fault)
        throw error
      })
    const before = await requireRecord(lab)
    await writeRecord({
      ...before,
      faults: before.faults.map((known) => (sameFault(known, applied) ? applied : known)),
    })
    const proof = await faultOf(host, applied).proveInForce()
    if (!proof.holds) throw notInForce(fault, proof)
    return {fault: applied, proof}
  })
}

export interface MendResult {
  readonly fault: FaultRecord
  readonly proof: Proof
}

/**
 * Undoes what was broken on one host, or on all, the latest first, and proves each gone. A host that is off for no
 * recorded reason is switched on.
 *
 * @throws PpError FAULT_STILL_IN_FORCE; the record keeps that fault, so that mending again goes on there.
 */
export function mendHosts(lab: string, host: string | undefined): Promise<readonly MendResult[]> {
  return withLabLock(lab, async () => {
    const record = await requireRecord(lab)
    if (host !== undefined) findHost(record, host)
    const toMend = record.faults.filter((fault) => host === undefined || fault.host === host)
    const ordered = [...toMend].reverse().sort((a, b) => order(a) - order(b))
    const results: MendResult[] = []
    for (const fault of ordered) results.push(await mend(lab, fault))
    return results
  })
}

const order = ({kind}: FaultRecord): number => faultKinds.indexOf(kind)

async function mend(lab: string, fault: FaultRecord): Promise<MendResult> {
  const undoing = faultOf(await labHost(lab, fault.host), fault)
  await undoing.undo()
  const proof = await undoing.proveGone()
  if (!proof.holds) throw stillInForce(fault, proof)
  await forget(lab, fault)
  return {fault, proof}
}

async function forget(lab: string, fault: FaultRecord): Promise<void> {
  const record = await requireRecord(lab)
  await writeRecord({...record, faults: record.faults.filter((known) => !sameFault(known, fault))})
}

const notInForce = ({kind, host}: FaultRecord, {measured}: Proof): PpError =>
  new PpError('human', 'FAULT_NOT_IN_FORCE', {
    message: `${kind} on ${host} was applied, but the proof does not hold: ${measured}.`,
    hint: `Take it back: pp lab mend ${host}`,
  })

const stillInForce = ({kind, host}: FaultRecord, {measured}: Proof): PpError =>
  new PpError('human', 'FAULT_STILL_IN_FORCE', {
    message: `${kind} on ${host} was undone, but the proof does not hold: ${measured}.`,
    hint: `Try once more: pp lab mend ${host}`,
  })
