import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import type {BeforeImages, Memory} from './types.ts'

const stopProof = z.object({checkpointLsn: z.string(), timeline: z.int(), systemIdentifier: z.string()})

/** What the journal adds to what can be observed. */
export function rememberFrom(records: readonly JournalRecord[]): Memory {
  const before = records.find((record) => record.type === 'before')?.data as BeforeImages | undefined
  const stopped = records.findLast((record) => record.type === 'step-done' && kindOf(record) === 'stop')
  const putBack = records.findLast((record) => record.type === 'step-intent' && kindOf(record) === 'put-back')
  const proof = stopProof.safeParse((stopped?.data as {proof?: unknown} | undefined)?.proof)
  const adopted = records.findLast((record) => record.type === 'adopted')
  // A line that says that it was put back may be missing from a copy.
  const undoneAt = Math.max(putBack?.n ?? -1, adopted?.n ?? -1)
  const isStopped = stopped !== undefined && undoneAt < stopped.n && proof.success
  return {
    before,
    stop: isStopped ? proof.data : undefined,
    isPromoteIntended: records.some(
      (record) => record.type === 'step-intent' && kindOf(record) === 'promote',
    ),
    mayLackLines: adopted !== undefined,
  }
}

function kindOf(record: JournalRecord): unknown {
  return (record.data as {kind?: unknown} | null)?.kind
}
