import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import {isStep, proofOf} from '../operation/steps.ts'
import type {BeforeImages, Memory} from './types.ts'

const stopProof = z.object({checkpointLsn: z.string(), timeline: z.int(), systemIdentifier: z.string()})

/** What the journal adds to what can be observed. */
export function rememberFrom(records: readonly JournalRecord[]): Memory {
  const before = records.find((record) => record.type === 'before')?.data as BeforeImages | undefined
  const stopped = records.findLast(isStep('step-done', 'stop'))
  const putBack = records.findLast(isStep('step-intent', 'put-back'))
  const proof = stopProof.safeParse(proofOf(records, 'stop'))
  const adopted = records.findLast((record) => record.type === 'adopted')
  // A line that says that it was put back may be missing from a copy.
  const undoneAt = Math.max(putBack?.n ?? -1, adopted?.n ?? -1)
  const isStopped = stopped !== undefined && undoneAt < stopped.n && proof.success
  return {
    before,
    stop: isStopped ? proof.data : undefined,
    isPromoteIntended: records.some(isStep('step-intent', 'promote')),
    firstToken: records.find((record) => record.type === 'locked')?.token,
    mayLackLines: adopted !== undefined,
    fenced: fencedBy(records),
  }
}

function fencedBy(records: readonly JournalRecord[]): NonNullable<Memory['fenced']> {
  const fenced = new Map<string, string | undefined>()
  let begun: string | undefined
  for (const {type, data} of records) {
    const step = data as {kind?: string; host?: string; proof?: {by?: string}} | null
    const isFence = step?.kind === 'fence' || step?.kind === 'fence-lost'
    if (type === 'step-intent') begun = step?.host
    if (begun === undefined) continue
    if (type === 'step-intent' && isFence) fenced.set(begun, undefined)
    if (type === 'step-done' && isFence) fenced.set(begun, step.kind === 'fence' ? 'ssh' : step.proof?.by)
    if (type === 'step-done' && step?.kind === 'unfence') fenced.delete(begun)
  }
  return [...fenced].map(([host, by]) => ({host, by}))
}

/** Whether an operation has made a member primary, or may have: it was told to, and nobody has taken that back. */
export function hasPromoted(records: readonly JournalRecord[]): boolean {
  const turned = records.findLast(({type}) => type === 'direction')?.data as {direction?: string} | undefined
  return (
    records.some(isStep('step-done', 'promote')) ||
    (records.some(isStep('step-intent', 'promote')) && turned?.direction !== 'back')
  )
}
