import {causeOf} from '../operation/cause.ts'
import type {Ending} from '../operation/run.ts'
import type {JournalRecord} from '../operation/journal.ts'
import type {ProbeFigures} from './probe.ts'
import {proofOf} from '../operation/steps.ts'
import {formatSize} from '../size.ts'
import {isWritable, streamsFrom} from './facts.ts'
import type {Ranking} from './rank.ts'
import type {AlreadySo} from './request.ts'
import {openKind} from './open/kind.ts'
import {restartKind} from './restart/kind.ts'
import {tagKind} from './tag/kind.ts'
import {rejoinKind} from './rejoin/kind.ts'
import {keptInWords} from './rejoin/kept.ts'
import type {CloneProof, Kept, RewindProof} from './rejoin/types.ts'
import {asynchronousTime, showAsynchronous} from './failover/asynchronous.ts'
import type {Evidence, FailoverIntent, LossBound} from './failover/types.ts'
import type {Check, ClusterState, StopProof, SwitchoverIntent} from './types.ts'

/** The result of a change of primary, for `--json` and for the text alike. */
export function changeReport(input: {
  readonly id: string
  readonly kind: string
  readonly intent: SwitchoverIntent | FailoverIntent
  readonly ending: Ending
  readonly checks: readonly Check[]
  readonly before: ClusterState
  readonly after: ClusterState
  readonly probe: ProbeFigures | undefined
  readonly records: readonly JournalRecord[]
}) {
  const {id, kind, intent, ending, checks, before, after, probe, records} = input
  const proof = proofOf(records, 'prove') as (StopProof & {readonly replayLsn: string}) | undefined
  const bound = (proofOf(records, 'measure') as {bound?: LossBound} | undefined)?.bound
  const primary = after.members.find(isWritable)
  return {
    schemaVersion: 1,
    operation: {id, kind},
    outcome: ending.outcome,
    exitCode: ending.exitCode,
    from: intent.from,
    to: intent.to,
    timeline: {before: intent.timeline, after: primary?.session?.timeline ?? null},
    phases: ending.phases.map(({id: phase, ms}) => ({id: phase, ms: Math.round(ms * 10) / 10})),
    writeGapMs: probe?.writeGapMs ?? null,
    /** Null where no transactions of pp's own ran beside it, as after a loss. */
    probe: probe
      ? {attempted: probe.attempted, failed: probe.failed, longestWaitMs: probe.longestWaitMs}
      : null,
    loss: {
      proven: proof !== undefined || bound?.bytes === 0,
      bytes: proof ? 0 : (bound?.bytes ?? null),
      seconds: proof ? 0 : (bound?.seconds ?? null),
      because: bound?.because ?? null,
      oldEndLsn: proof?.checkpointLsn ?? null,
      forkLsn: proof?.replayLsn ?? null,
      systemIdentifier: intent.systemIdentifier,
      /** Null unless commits waited for standbys before; then when they did not after the promotion. */
      asynchronous:
        'condition' in intent
          ? asynchronousTime(
              intent.synchronousNames,
              primary?.session?.settings.synchronousStandbyNames,
              records,
            )
          : null,
    },
    /** Null for a planned change: what was the matter with the primary, who saw what, how it was fenced. */
    lost: lostPart(intent, records),
    /** Why each other member did not take over; empty where nothing was to be chosen. */
    losers: (records[0]?.data as {ranking?: Ranking} | undefined)?.ranking?.losers ?? [],
    /** Null unless a member was brought back: what only it had, and what became of its old data. */
    rejoin: kind === rejoinKind ? rejoinPart(records) : null,
    checks: checks.map(({id: check, status, measured, limit}) => ({id: check, status, measured, limit})),
    topology: {before: topology(before), after: topology(after)},
    /** Why it was put back or left unfinished; null when it went through, and for a signal. */
    error: causeOf(ending),
    findings: ending.findings,
    next: nextCommands({
      kind,
      id,
      intent,
      ending,
      after,
      isClosed: records.some(({type}) => type === 'closed'),
    }),
  }
}

export type ChangeReport = ReturnType<typeof changeReport>

/** The same for a change that is so already: no operation was opened, nothing was done. */
export function alreadyReport({
  database,
  from,
  primary,
  ...so
}: AlreadySo): Record<keyof ChangeReport | 'primary' | 'already', unknown> {
  const timeline = so.timeline ?? null
  return {
    schemaVersion: 1,
    operation: null,
    outcome: 'done',
    exitCode: 0,
    from: from ?? null,
    to: primary,
    timeline: {before: timeline, after: timeline},
    phases: [],
    writeGapMs: null,
    probe: null,
    loss: null,
    lost: null,
    losers: [],
    rejoin: null,
    checks: [],
    topology: null,
    error: null,
    findings: [],
    next: [`pp db status ${database}`],
    primary,
    already: true,
  }
}

export function showReport(report: ChangeReport, database: string): string {
  const {outcome, from, to, timeline, probe, loss, operation} = report
  const hasPaused = report.phases.some((phase) => phase.id === 'pause')
  const gap =
    report.writeGapMs === null || !hasPaused ? '' : ` Writes stopped for ${Math.round(report.writeGapMs)} ms.`
  const clients =
    report.lost === null
      ? probe
        ? [
            `      Clients: ${probe.failed} of ${probe.attempted} probe transactions failed, longest wait ${Math.round(probe.longestWaitMs)} ms.`,
          ]
        : []
      : [
          operation.kind === openKind
            ? `      Nobody was primary: ${report.lost.because}.`
            : `      ${from} was lost (${report.lost.condition}): ${report.lost.because}.`,
        ]
  const isMoved = timeline.after !== null && timeline.after > timeline.before
  const what = isMoved
    ? `${to} is primary of ${database}, timeline ${timeline.after}.${gap}`
    : operation.kind === restartKind && timeline.after !== null
      ? `${to} is primary of ${database} again, timeline ${timeline.after}; it was started where it is.`
      : timeline.after === null
        ? `nobody is primary of ${database}${outcome === 'done' || outcome === 'undone' ? ', as before' : ''}.`
        : `${from} is primary of ${database} as before.${gap}`
  const isRejoin = operation.kind === rejoinKind
  if (operation.kind === tagKind) return showTag(report)
  return [
    `${outcome}  ${isRejoin ? rejoined(report) : what}`,
    ...(isRejoin ? keptLines(report) : clients),
    ...(isMoved && report.lost !== null ? [`      Loss: ${lossInWords(loss)}`] : []),
    ...(isMoved && loss.asynchronous !== null ? [`      ${showAsynchronous(loss.asynchronous, to)}`] : []),
    ...(isMoved && loss.proven && report.lost === null
      ? [
          `      Nothing lost: ${from} stopped at ${loss.oldEndLsn ?? ''}, ${to} had replayed to ${loss.forkLsn ?? ''} before it was promoted.`,
        ]
      : []),
    ...(report.error ? [`      Because: ${report.error.message}`, `      Try: ${report.error.hint}`] : []),
    ...report.findings
      .filter((finding) => finding !== report.error?.message)
      .map((finding) => `      ! ${finding}`),
    `      op ${operation.id}${report.next.map((command) => ` · ${command}`).join('')}`,
  ].join('\n')
}

function showTag({outcome, to, topology, findings, operation}: ChangeReport): string {
  const {tags = []} = topology.after.members.find(({host}) => host === to) ?? {}
  return [
    `${outcome}  ${to} is ${tags.length > 0 ? `tagged ${tags.join(', ')}` : 'not tagged'}.`,
    ...findings.map((finding) => `      ! ${finding}`),
    `      op ${operation.id} · pp op show ${operation.id}`,
  ].join('\n')
}

function rejoined({outcome, from, to, rejoin, topology: {after}}: ChangeReport): string {
  const member = after.members.find(({host}) => host === from)
  const isCopy = rejoin?.how === 'clone'
  return outcome === 'done' || member?.upstream === to
    ? `${from} ${isCopy ? 'is a new copy' : 'is back as a standby'} of ${to}${isCopy ? ' and streams from it' : ''}.`
    : `${from} is not back: it does not stream from ${to}.`
}

function keptLines({rejoin}: ChangeReport): readonly string[] {
  const {kept = null, oldDirectory = null} = rejoin ?? {}
  return [
    ...(kept ? [`      Only there: ${keptInWords(kept)}, see summary.json.`] : []),
    ...(oldDirectory === null ? [] : [`      Its old data is in ${oldDirectory}.`]),
  ]
}

function rejoinPart(records: readonly JournalRecord[]) {
  const clone = proofOf(records, 'clone') as CloneProof | undefined
  const rewind = proofOf(records, 'rewind') as RewindProof | undefined
  const kept: Kept | null = clone?.kept ?? rewind?.kept ?? null
  return {how: clone ? 'clone' : 'rewind', kept, oldDirectory: clone?.old ?? null}
}

function lossInWords({bytes, seconds, because}: ChangeReport['loss']): string {
  const amount =
    bytes === null
      ? seconds === null
        ? 'not known'
        : `up to ${seconds.toFixed(1)} s of writes`
      : formatSize(bytes)
  return `${amount}${because === null ? '' : `, ${because}`}.`
}

function lostPart(intent: SwitchoverIntent | FailoverIntent, records: readonly JournalRecord[]) {
  if (!('condition' in intent)) return null
  const {condition, because} = intent
  const evidence = (records[0]?.data as {evidence?: Evidence} | undefined)?.evidence ?? null
  return {
    condition,
    because,
    evidence,
    fence: proofOf(records, 'fence-lost') ?? null,
    salvaged: proofOf(records, 'salvage') ?? null,
  }
}

function topology(state: ClusterState) {
  return {
    members: state.members.map((member) => ({
      host: member.host,
      role: member.session ? (member.session.isInRecovery ? 'standby' : 'primary') : 'unknown',
      upstream: member.session?.upstream ?? null,
      timeline: member.session?.timeline ?? null,
      tags: member.tags,
    })),
    poolers: state.poolers.map((pooler) => ({host: pooler.host, target: pooler.fileTarget ?? null})),
  }
}

function nextCommands({
  kind,
  id,
  intent,
  ending: {outcome, direction},
  after,
  isClosed,
}: {
  readonly kind: string
  readonly id: string
  readonly intent: SwitchoverIntent | FailoverIntent
  readonly ending: Ending
  readonly after: ClusterState
  readonly isClosed: boolean
}): readonly string[] {
  // Nothing of it is left to be resumed; the findings say what to do.
  if (outcome === 'human' && isClosed) return [`pp op show ${id} --manual`, `pp db status ${intent.database}`]
  if (outcome === 'human') return [`pp op resume ${id}`, `pp op abort ${id}`, `pp op show ${id} --manual`]
  if (direction === 'back') return [`pp op show ${id}`]
  const {database, from, to} = intent
  const astray = after.members.filter((member) => member.host !== to && !streamsFrom(member, to))
  if (kind === openKind) return [`pp op show ${id}`, ...astray.map(({host}) => `pp db rejoin ${host}`)]
  if (kind === restartKind || kind === tagKind) return [`pp op show ${id}`]
  // One that was silent meanwhile may have more than the new primary began with: it is looked at, not told to follow.
  if ('condition' in intent) return [`pp op show ${id}`, ...astray.map(({host}) => `pp db rejoin ${host}`)]
  if (kind === rejoinKind) return [`pp op show ${id}`]
  return [`pp op show ${id}`, `undo: pp failover db ${database} --to ${from}`]
}
