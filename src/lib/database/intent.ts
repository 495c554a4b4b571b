import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import {failoverKind} from './failover/kind.ts'
import type {FailoverIntent} from './failover/types.ts'
import type {RejoinIntent} from './rejoin/rejoin.ts'
import type {SwitchoverIntent} from './types.ts'

const switchoverIntent = z.object({
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
})
const failoverIntent = z.extend(switchoverIntent, {
  condition: z.enum([
    'healthy',
    'process-dead',
    'host-dead',
    'hung',
    'disk-full',
    'cut-off',
    'unreachable-from-here',
    'second-primary',
  ]),
  because: z.string(),
  maxLoss: z.object({
    bytes: z.optional(z.number()),
    seconds: z.optional(z.number()),
  }),
  conninfo: z.string(),
  lostSynchronousNames: z.string(),
  isFenceForced: z.boolean(),
})

const rejoinIntent = z.extend(switchoverIntent, {conninfo: z.string()})

export type OpenedChange =
  | {readonly kind: 'database-rejoin'; readonly intent: RejoinIntent}
  | {readonly kind: typeof failoverKind; readonly intent: FailoverIntent}
  | {readonly kind: 'database-switchover'; readonly intent: SwitchoverIntent}

/** What a change of primary was begun with, from the first record of its journal. */
export function openedAs(records: readonly JournalRecord[]): OpenedChange {
  const opened = records[0]?.data as {kind?: unknown; intent?: unknown} | undefined
  if (opened?.kind === failoverKind)
    return {kind: failoverKind, intent: lossOf(failoverIntent.parse(opened.intent))}
  if (opened?.kind === 'database-rejoin')
    return {kind: 'database-rejoin', intent: rejoinIntent.parse(opened.intent)}
  return {kind: 'database-switchover', intent: switchoverIntent.parse(opened?.intent)}
}

// A limit that there is not was left out of the JSON.
function lossOf(intent: z.infer<typeof failoverIntent>): FailoverIntent {
  return {...intent, maxLoss: {bytes: intent.maxLoss.bytes, seconds: intent.maxLoss.seconds}}
}
