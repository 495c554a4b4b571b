import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import type {BeforeImages, Memory, StopProof} from './types.ts'

const stopProof = z.object({checkpointLsn: z.string(), timeline: z.int(), systemIdentifier: z.string()})

/** What the journal adds to what can be observed. */
export function rememberFrom(records: readonly JournalRecord[], stop: StopProof | undefined): Memory {
  const before = records.find((record) => record.type === 'before')?.data as BeforeImages | undefined
  const stopped = records.findLast((record) => record.type === 'step-done' && kindOf(record) === 'stop')
  const putBack = records.findLast((record) => record.type === 'step-intent' && kindOf(record) === 'put-back')
  const proof = stopProof.safeParse((stopped?.data as {proof?: unknown} | undefined)?.proof)
  const isStopped = stopped !== undefined && (putBack?.n ?? -1) < stopped.n && proof.success
  return {
    before,
    stop: stop ?? (isStopped ? proof.data : undefined),
    isPromoteIntended: records.some(
      (record) => record.type === 'step-intent' && kindOf(record) === 'promote',
    ),
  }
}

function kindOf(record: JournalRecord): unknown {
  return (record.data as {kind?: unknown} | null)?.kind
}
