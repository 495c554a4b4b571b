import {PpError} from '../errors.ts'
import {messageOf, type Ending} from '../operation/run.ts'
import type {JournalRecord} from '../operation/journal.ts'
import type {ProbeFigures} from './probe.ts'
import {isWritable} from './facts.ts'
import type {Check, ClusterState, StopProof, SwitchoverIntent} from './types.ts'

/** The result of a change of primary, for `--json` and for the text alike. */
export function switchoverReport(input: {
  readonly id: string
  readonly kind: string
  readonly intent: SwitchoverIntent
  readonly ending: Ending
  readonly checks: readonly Check[]
  readonly before: ClusterState
  readonly after: ClusterState
  readonly probe: ProbeFigures | undefined
  readonly records: readonly JournalRecord[]
}) {
  const {id, kind, intent, ending, checks, before, after, probe, records} = input
  const proof = proofOf(records)
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
    probe: {
      attempted: probe?.attempted ?? 0,
      failed: probe?.failed ?? 0,
      longestWaitMs: probe?.longestWaitMs ?? null,
    },
    loss: {
      proven: proof !== undefined,
      bytes: proof ? 0 : null,
      oldEndLsn: proof?.checkpointLsn ?? null,
      forkLsn: proof?.replayLsn ?? null,
      systemIdentifier: intent.systemIdentifier,
    },
    checks: checks.map(({id: check, status, measured, limit}) => ({id: check, status, measured, limit})),
    topology: {before: topology(before), after: topology(after)},
    /** Why it was put back or left unfinished; null when it went through, and for a signal. */
    error: causeOf(ending),
    findings: ending.findings,
    next: nextCommands(id, intent, ending),
  }
}

export type SwitchoverReport = ReturnType<typeof switchoverReport>

export function showReport(report: SwitchoverReport, database: string): string {
  const {outcome, from, to, timeline, probe, loss, operation} = report
  const hasPaused = report.phases.some((phase) => phase.id === 'pause')
  const gap =
    report.writeGapMs === null || !hasPaused ? '' : ` Writes stopped for ${Math.round(report.writeGapMs)} ms.`
  const clients = `      Clients: ${probe.failed} of ${probe.attempted} probe transactions failed, longest wait ${Math.round(probe.longestWaitMs ?? 0)} ms.`
  const isMoved = timeline.after !== null && timeline.after > timeline.before
  const what = isMoved
    ? `${to} is primary of ${database}, timeline ${timeline.after}.${gap}`
    : `${from} is primary of ${database} as before.${gap}`
  return [
    `${outcome}  ${what}`,
    clients,
    ...(isMoved && loss.proven
      ? [
          `      Nothing lost: ${from} stopped at ${loss.oldEndLsn ?? ''}, ${to} had replayed to ${loss.forkLsn ?? ''} before it was promoted.`,
        ]
      : []),
    ...(report.error
      ? [
          `      Because: ${report.error.message}`,
          ...(report.error.hint === '' ? [] : [`      Try: ${report.error.hint}`]),
        ]
      : []),
    ...report.findings
      .filter((finding) => finding !== report.error?.message)
      .map((finding) => `      ! ${finding}`),
    `      op ${operation.id}${report.next.map((command) => ` · ${command}`).join('')}`,
  ].join('\n')
}

function causeOf({
  error,
  outcome,
}: Ending): {readonly code: string; readonly message: string; readonly hint: string} | null {
  if (outcome === 'done' || error === undefined) return null
  if (error instanceof PpError) return {code: error.code, message: error.message, hint: error.hint}
  // A host helper's refusal names its code too.
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'STEP_FAILED'
  return {code, message: messageOf(error), hint: ''}
}

function proofOf(records: readonly JournalRecord[]): (StopProof & {readonly replayLsn: string}) | undefined {
  const done = records.findLast(
    (record) => record.type === 'step-done' && (record.data as {kind?: unknown}).kind === 'prove',
  )
  return (done?.data as {proof?: StopProof & {readonly replayLsn: string}} | undefined)?.proof
}

function topology(state: ClusterState) {
  return {
    members: state.members.map((member) => ({
      host: member.host,
      role: member.session ? (member.session.isInRecovery ? 'standby' : 'primary') : 'unknown',
      upstream: member.session?.upstream ?? null,
      timeline: member.session?.timeline ?? null,
    })),
    poolers: state.poolers.map((pooler) => ({host: pooler.host, target: pooler.fileTarget ?? null})),
  }
}

function nextCommands(
  id: string,
  {database, from}: SwitchoverIntent,
  {outcome, direction}: Ending,
): readonly string[] {
  if (outcome === 'human') return [`pp op resume ${id}`, `pp op abort ${id}`, `pp op show ${id} --manual`]
  if (direction === 'back') return [`pp op show ${id}`]
  return [`pp op show ${id}`, `undo: pp failover db ${database} --to ${from}`]
}
