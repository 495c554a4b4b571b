import type {JournalRecord} from '../operation/journal.ts'
import {isStep, proofOf} from '../operation/steps.ts'
import {summaryOf} from '../operation/store.ts'
import type {Cluster} from './cluster.ts'
import {isWritable} from './facts.ts'
import {hasPromoted} from './memory.ts'
import {failoverKind} from './failover/kind.ts'
import type {LossBound} from './failover/types.ts'
import {openKind} from './open/kind.ts'
import type {OpenIntent} from './open/plan.ts'
import {switchoverKind} from './switchover.ts'
import type {ClusterState, SwitchoverIntent} from './types.ts'

/** One change of primary, as its journal tells it; what only a timeline file tells has no operation. */
export interface PastChange {
  readonly operation: string | null
  /** ISO 8601; null when no journal of it is known. */
  readonly at: string | null
  readonly who: string | null
  readonly kind: string | null
  readonly from: string | null
  readonly to: string | null
  /** Why: what was the matter with the primary; null for a planned change. */
  readonly why: string | null
  readonly timeline: {readonly before: number; readonly after: number}
  /** Where the earlier timeline ended, as the members' own history says. */
  readonly forkLsn: string | null
  /** From holding the clients to leading them to the new primary, by the journal's clock. */
  readonly heldMs: number | null
  /** Bytes that may be missing; null: not known. */
  readonly lossBytes: number | null
  readonly outcome: string | null
}

/** Kinds of operations that change the primary, and how they are called. */
export const changeKinds: ReadonlyMap<string, string> = new Map([
  [switchoverKind, 'planned'],
  [failoverKind, 'unplanned'],
  [openKind, 'opened'],
])

/** What every journal of one has, as old as it may be. */
type Intent = Pick<SwitchoverIntent, 'from' | 'to' | 'timeline'> &
  Partial<Pick<OpenIntent, 'condition' | 'because' | 'isFromKnown'>>

/** What a journal tells of a change of primary; undefined when its operation has promoted nobody. */
export function pastChange(id: string, records: readonly JournalRecord[]): PastChange | undefined {
  const {kind, owner, openedAt, outcome} = summaryOf(id, records)
  if (!changeKinds.has(kind) || !hasPromoted(records)) return undefined
  const {intent} = records[0]?.data as {intent: Intent}
  const held = records.find(isStep('step-intent', 'pause', 'hold'))
  const led = records.find(isStep('step-done', 'route', 'release'))
  const measured = proofOf(records, 'measure') as {readonly bound?: LossBound} | undefined
  return {
    operation: id,
    at: openedAt,
    who: owner,
    kind,
    from: intent.isFromKnown === false ? null : intent.from,
    to: intent.to,
    why: intent.condition === undefined ? null : `${intent.condition}: ${intent.because ?? ''}`,
    timeline: {before: intent.timeline, after: intent.timeline + 1},
    forkLsn: null,
    heldMs: held && led ? Date.parse(led.at) - Date.parse(held.at) : null,
    // A planned change has proved that nothing is missing, or it would not have promoted.
    lossBytes: kind === switchoverKind ? 0 : (measured?.bound?.bytes ?? null),
    outcome: outcome ?? 'unfinished',
  }
}

/**
 * Journals and timeline files together, newest first: a change whose journal is elsewhere shows with what the members know.
 *
 * @param ends of the earlier timelines, as the present primary's history has them.
 */
export function history(
  known: readonly PastChange[],
  ends: readonly {readonly timeline: number; readonly lsn: string}[],
): readonly PastChange[] {
  const forkOf = (timeline: number) => ends.find((end) => end.timeline === timeline)?.lsn ?? null
  const strangers = ends.filter((end) => !known.some((change) => change.timeline.before === end.timeline))
  return [
    ...known.map((change) => ({...change, forkLsn: forkOf(change.timeline.before)})),
    ...strangers.map(({timeline, lsn}) => ({
      ...unknown,
      timeline: {before: timeline, after: timeline + 1},
      forkLsn: lsn,
    })),
  ].toSorted((one, other) => other.timeline.after - one.timeline.after)
}

const unknown: Omit<PastChange, 'timeline' | 'forkLsn'> = {
  operation: null,
  at: null,
  who: null,
  kind: null,
  from: null,
  to: null,
  why: null,
  heldMs: null,
  lossBytes: null,
  outcome: null,
}

/** Where earlier timelines ended, from a member of the newest one that answers; `problem` when none does. */
export async function timelineEnds(
  cluster: Cluster,
  {database, members}: ClusterState,
): Promise<{
  readonly ends: readonly {timeline: number; lsn: string}[]
  readonly problem: string | undefined
}> {
  const [newest] = members
    .filter(({session, machine}) => session && machine)
    .toSorted(
      (one, other) =>
        Number(isWritable(other)) - Number(isWritable(one)) ||
        (other.session?.timeline ?? 0) - (one.session?.timeline ?? 0),
    )
  if (!newest?.session) return {ends: [], problem: `no member of ${database} answers`}
  const {timeline} = newest.session
  const {ancestors} = await cluster.acts(newest.host).call('history', {target: database, timeline})
  return {ends: ancestors, problem: undefined}
}
