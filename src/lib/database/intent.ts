import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import type {SwitchoverIntent} from './types.ts'

const opened = z.object({
  intent: z.object({
    database: z.string(),
    from: z.string(),
    to: z.string(),
    timeline: z.int(),
    systemIdentifier: z.string(),
    maxLagBytes: z.number(),
    pauseSeconds: z.number(),
    windowSeconds: z.number(),
    patienceSeconds: z.number(),
    synchronousNames: z.string(),
    acceptUnlogged: z.boolean(),
    acceptSlotLoss: z.boolean(),
  }),
})

/** The resolved intent of a switchover, from the first record of its journal. */
export function intentOf(records: readonly JournalRecord[]): SwitchoverIntent {
  return opened.parse(records[0]?.data).intent
}
