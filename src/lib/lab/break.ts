import {PpError, refusal} from '../errors.ts'
import {faultOf, sameFault} from '../fault/faults.ts'
import {faultKinds, type FaultRecord, type Proof} from '../fault/types.ts'
import {findGroup, listGroups} from './aws/emulator.ts'
import {labHost} from './lab-host.ts'
import {withLabLock} from './lock.ts'
import {operatorPort} from './names.ts'
import {brokenPart, isSamePart, linkName, siteFaultOf} from './site-faults.ts'
import {findHost, hasAws, requireRecord, writeRecord, type LabRecord, type SiteFault} from './state.ts'

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

/**
 * Breaks the link between the sites, or a node group, and proves it; what it was broken by before is undone first.
 *
 * @throws PpError LAB_NOT_UP, LAB_ONE_SITE, LAB_GROUP_UNKNOWN; FAULT_NOT_IN_FORCE.
 */
export function breakSite(lab: string, asked: SiteFault): Promise<SiteBreakResult> {
  return withLabLock(lab, async () => {
    const record = await requireRecord(lab)
    if (!hasAws(record)) throw oneSite(lab)
    const fault = asked.kind === 'no-capacity' ? await inZonesOfGroup(record, asked) : asked
    if (fault.kind === 'slow-boot') await findGroup(record, fault.group)
    const earlier = record.siteFaults.find((known) => isSamePart(known, fault))
    if (earlier) await siteFaultOf(record, earlier).undo()
    const others = record.siteFaults.filter((known) => !isSamePart(known, fault))
    await writeRecord({...record, siteFaults: [...others, fault]})
    const breaking = siteFaultOf(record, fault)
    await breaking.apply()
    const proof = await breaking.proveInForce()
    if (!proof.holds) throw notInForce({kind: fault.kind, host: brokenPart(fault)}, proof)
    return {fault, proof}
  })
}

export interface SiteBreakResult {
  readonly fault: SiteFault
  readonly proof: Proof
}

async function inZonesOfGroup(
  record: LabRecord,
  fault: Extract<SiteFault, {kind: 'no-capacity'}>,
): Promise<SiteFault> {
  const {zones} = await findGroup(record, fault.group)
  return fault.zones.length > 0 ? fault : {...fault, zones}
}

export type MendResult = BreakResult | SiteBreakResult

/**
 * Undoes what was broken on one host, the link or a node group, or on all, the latest first, and proves each gone. A host that
 * is off for no recorded reason is switched on.
 *
 * @throws PpError FAULT_STILL_IN_FORCE; the record keeps that fault, so that mending again goes on there.
 */
export function mendHosts(lab: string, part: string | undefined): Promise<readonly MendResult[]> {
  return withLabLock(lab, async () => {
    const record = await requireRecord(lab)
    if (part !== undefined) await assertPart(record, part)
    const toMend = record.faults.filter((fault) => part === undefined || fault.host === part)
    const ordered = [...toMend].reverse().sort((a, b) => order(a) - order(b))
    const results: MendResult[] = []
    for (const fault of ordered) results.push(await mend(lab, fault))
    const ofSites = record.siteFaults.filter((fault) => part === undefined || brokenPart(fault) === part)
    for (const fault of ofSites) results.push(await mendSite(lab, fault))
    return results
  })
}

/** A node group may have gone while it was broken. */
async function assertPart(record: LabRecord, part: string): Promise<void> {
  if (record.siteFaults.some((fault) => brokenPart(fault) === part)) return
  if (hasAws(record) && (part === linkName || (await listGroups(record)).some(({name}) => name === part)))
    return
  findHost(record, part)
}

async function mendSite(lab: string, fault: SiteFault): Promise<SiteBreakResult> {
  const record = await requireRecord(lab)
  const undoing = siteFaultOf(record, fault)
  await undoing.undo()
  const proof = await undoing.proveGone()
  if (!proof.holds) throw stillInForce({kind: fault.kind, host: brokenPart(fault)}, proof)
  const siteFaults = record.siteFaults.filter((known) => !isSamePart(known, fault))
  await writeRecord({...record, siteFaults})
  return {fault, proof}
}

const order = ({kind}: FaultRecord): number => faultKinds.indexOf(kind)

async function mend(lab: string, fault: FaultRecord): Promise<BreakResult> {
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

interface Broken {
  readonly kind: string
  readonly host: string
}

const notInForce = ({kind, host}: Broken, {measured}: Proof): PpError =>
  new PpError('human', 'FAULT_NOT_IN_FORCE', {
    message: `${kind} on ${host} was applied, but the proof does not hold: ${measured}.`,
    hint: `Take it back: pp lab mend ${host}`,
  })

const stillInForce = ({kind, host}: Broken, {measured}: Proof): PpError =>
  new PpError('human', 'FAULT_STILL_IN_FORCE', {
    message: `${kind} on ${host} was undone, but the proof does not hold: ${measured}.`,
    hint: `Try once more: pp lab mend ${host}`,
  })

const oneSite = (lab: string): PpError =>
  refusal('LAB_ONE_SITE', {
    message: `Lab "${lab}" has one site: there is no link and no node group in it.`,
    hint: 'pp lab down, then: pp lab up full',
  })
