import * as z from 'zod/mini'

import type {JournalRecord} from '../operation/journal.ts'
import {failoverKind} from './failover/kind.ts'
import type {FailoverIntent} from './failover/types.ts'
import type {LossLimit} from '../loss-limit.ts'
import type {OpenIntent} from './open/plan.ts'
import type {RejoinIntent} from './rejoin/types.ts'
import type {RestartIntent} from './restart/restart.ts'
import type {TagIntent} from './tag/tagging.ts'
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
    'read-only',
  ]),
  because: z.string(),
  maxLoss: z.object({
    bytes: z.optional(z.number()),
    seconds: z.optional(z.number()),
  }),
  conninfo: z.string(),
  lostSynchronousNames: z.string(),
  lostNamesUnknown: z.optional(z.string()),
  wereOff: z.optional(z.array(z.string())),
  isFenceForced: z.boolean(),
})

const openIntent = z.extend(failoverIntent, {
  without: z.array(z.string()),
  isFromKnown: z._default(z.boolean(), true),
})

const restartIntent = z.extend(failoverIntent, {timeoutSeconds: z.number()})

const tagIntent = z.extend(switchoverIntent, {tag: z.string(), isSet: z.boolean()})

const rejoinIntent = z.extend(switchoverIntent, {
  conninfo: z.string(),
  how: z._default(z.enum(['rejoin', 'clone']), 'rejoin'),
  removeOld: z._default(z.boolean(), false),
})

export type OpenedChange =
  | {readonly kind: 'database-rejoin'; readonly intent: RejoinIntent}
  | {readonly kind: 'database-open'; readonly intent: OpenIntent}
  | {readonly kind: 'database-restart'; readonly intent: RestartIntent}
  | {readonly kind: 'database-tag'; readonly intent: TagIntent}
  | {readonly kind: typeof failoverKind; readonly intent: FailoverIntent}
  | {readonly kind: 'database-switchover'; readonly intent: SwitchoverIntent}

/** What a change of primary was begun with, from the first record of its journal. */
export function openedAs(records: readonly JournalRecord[]): OpenedChange {
  const opened = records[0]?.data as {kind?: unknown; intent?: unknown} | undefined
  if (opened?.kind === failoverKind)
    return {kind: failoverKind, intent: lossOf(failoverIntent.parse(opened.intent))}
  if (opened?.kind === 'database-open')
    return {kind: 'database-open', intent: lossOf(openIntent.parse(opened.intent))}
  if (opened?.kind === 'database-restart')
    return {kind: 'database-restart', intent: lossOf(restartIntent.parse(opened.intent))}
  if (opened?.kind === 'database-tag') return {kind: 'database-tag', intent: tagIntent.parse(opened.intent)}
  if (opened?.kind === 'database-rejoin')
    return {kind: 'database-rejoin', intent: rejoinIntent.parse(opened.intent)}
  return {kind: 'database-switchover', intent: switchoverIntent.parse(opened?.intent)}
}

// A limit that there is not was left out of the JSON.
function lossOf<T extends z.infer<typeof failoverIntent>>(intent: T): T & {readonly maxLoss: LossLimit} {
  return {...intent, maxLoss: {bytes: intent.maxLoss.bytes, seconds: intent.maxLoss.seconds}}
}
