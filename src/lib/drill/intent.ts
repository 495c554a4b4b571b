import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import type {ResolvedDrill} from './resolve.ts'
import type {Drill} from './format/types.ts'

/** What a run was begun with; a later resume keeps to it, whatever has become of the drill's file. */
export interface DrillIntent {
  /** Name of the run and of its folder. */
  readonly run: string
  readonly database: string
  readonly drill: Drill
  readonly resolved: ResolvedDrill
  /** sha256 of the drill and of what it was resolved to. */
  readonly planHash: string
  /** The client host's CLOCK_BOOTTIME at the start; times of the run count from it. */
  readonly startedBootSeconds: number
}

const opened = z.object({
  kind: z.literal('drill'),
  intent: z.looseObject({
    run: z.string(),
    database: z.string(),
    drill: z.looseObject({name: z.string()}),
    resolved: z.looseObject({method: z.array(z.unknown()), undo: z.array(z.unknown())}),
    planHash: z.string(),
    startedBootSeconds: z.number(),
  }),
})

/** What a drill was begun with, from the first record of its journal; undefined when that is of something else. */
export function openedDrill(records: readonly JournalRecord[]): DrillIntent | undefined {
  // Written by this program, and its chain of hashes holds: what is in the parts need not be looked at again.
  const parsed = opened.safeParse(records[0]?.data)
  return parsed.success ? (parsed.data.intent as unknown as DrillIntent) : undefined
}
