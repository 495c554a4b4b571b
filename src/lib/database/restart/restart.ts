import type {JournalRecord} from '../../operation/journal.ts'
import type {Direction, Plan, StepContext, Verdict} from '../../operation/types.ts'
import {performStep, startAsPrimary} from '../execute.ts'
import {isTagged, isWritable, memberOf, routesTo, slotName, streamsFrom} from '../facts.ts'
import type {FailoverIntent} from '../failover/types.ts'
import {backVerdict} from '../failover/back-verdict.ts'
import {rememberFrom} from '../memory.ts'
import {PrimaryChange} from '../primary-change.ts'
import {stepTitle} from '../step-title.ts'
import type {ClusterState, MemberState, Memory, SwitchoverStep} from '../types.ts'
import {verdict} from '../verdict.ts'
import {restartKind} from './kind.ts'

/** `from` and `to` are the primary whose process has died. */
export interface RestartIntent extends FailoverIntent {
  /** How long crash recovery may take, seconds. */
  readonly timeoutSeconds: number
}

export type RestartStep =
  SwitchoverStep | {readonly kind: 'restart'; readonly host: string; readonly timeoutSeconds: number}

/**
 * What is left to do until a primary whose process has died accepts writes again, from what is observed now.
 *
 * It starts only where every other member answers and none was promoted: one that is silent may have been.
 */
export function planRestart(state: ClusterState, intent: RestartIntent): Plan<RestartStep> {
  const {to: host, timeline} = intent
  const member = memberOf(state, host)
  const others = state.members.filter((one) => one !== member)
  for (const other of others) {
    const danger = isTagged(state, other.host) ? undefined : dangerOf(other, timeline)
    if (danger !== undefined) return refused('RESTART_UNSAFE', danger, `pp failover db ${intent.database}`)
  }
  const astray = state.poolers
    .filter((pooler) => pooler.processes.length > 0 && (!isWritable(member) || !routesTo(pooler, host)))
    .map((pooler) => pooler.host)
  const {synchronousNames: names} = intent
  if (!isWritable(member)) {
    if (!member.machine)
      return refused('MEMBER_UNREACHABLE', `${host} does not answer.`, `pp failover db ${intent.database}`)
    if (member.machine.hasStandbySignal || isTagged(state, host))
      return refused(
        'RESTART_UNSAFE',
        `${host} is marked to come up as a standby: another operation has fenced it.`,
        `pp db rejoin ${host}`,
      )
  }
  const isSynchronous = isWritable(member) && member.session?.settings.synchronousStandbyNames === names
  return {
    kind: 'steps',
    steps: [
      ...(isWritable(member)
        ? []
        : [{kind: 'restart', host, timeoutSeconds: intent.timeoutSeconds} as const]),
      ...others
        .filter((one) => one.session && (!isWritable(member) || !streamsFrom(one, host)))
        .map((one) => follow(one, host)),
      ...(astray.length > 0
        ? [{kind: 'probe', host} as const, {kind: 'route', poolers: astray, host} as const]
        : []),
      ...(isSynchronous || names === '' ? [] : [{kind: 'synchronous', host, names} as const]),
    ],
  }
}

/** Why another member keeps the dead primary from starting as one. */
function dangerOf({host, session, problems}: MemberState, timeline: number): string | undefined {
  if (!session) return `${host} does not answer, so it may have been promoted: ${problems[0] ?? 'no answer'}`
  if (!session.isInRecovery) return `${host} accepts writes`
  return session.timeline > timeline
    ? `${host} is on timeline ${session.timeline}, after ${timeline}: somebody was promoted`
    : undefined
}

/** Its own settings once more: a standby that has lost its upstream looks for it only every few seconds. */
function follow({host, session}: MemberState, upstream: string): SwitchoverStep {
  const {primaryConninfo: conninfo = '', primarySlotName: slot = slotName(host)} = session?.settings ?? {}
  return {kind: 'follow', host, upstream, conninfo, slot}
}

const refused = (code: string, reason: string, hint: string) =>
  ({kind: 'refused', code, reason, hint}) as const

/** The restart in place of a dead primary, as the engine of operations drives it. */
export class Restart extends PrimaryChange<RestartIntent, RestartStep> {
  readonly kind = restartKind

  override isPastPointOfNoReturn(): boolean {
    return isWritable(memberOf(this.state, this.intent.to))
  }

  /** There is nothing to take back: it is the primary, started or not. */
  plan(direction: Direction): Plan<RestartStep> {
    return direction === 'forward' ? planRestart(this.state, this.intent) : {kind: 'steps', steps: []}
  }

  title(step: RestartStep): string {
    return step.kind === 'restart' ? `start ${step.host} as the primary that it was` : stepTitle(step)
  }

  summary(): undefined {
    return undefined
  }

  async perform(step: RestartStep, context: StepContext): Promise<unknown> {
    const run = this.runFor(context)
    return step.kind === 'restart'
      ? startAsPrimary(run, step.host, step.timeoutSeconds)
      : performStep(step, run)
  }

  async verify(direction: Direction, records: readonly JournalRecord[]): Promise<Verdict> {
    await this.observe()
    const {to, timeline, synchronousNames} = this.intent
    if (direction === 'back') return restartedBack(this.state, this.intent, rememberFrom(records))
    return verdict(this.state, to, timeline, synchronousNames === '' ? {} : {synchronousNames})
  }
}

/** What has become of a restart that was given up: one that was sent goes on by itself, in crash recovery. */
export function restartedBack(state: ClusterState, intent: RestartIntent, memory: Memory): Verdict {
  const {to: host, database} = intent
  const member = memberOf(state, host)
  if (member.session?.isInRecovery === true)
    return {
      outcome: 'degraded',
      findings: [
        `${host} was started, and runs as a standby: its boot gate says why. pp db status ${database}`,
      ],
    }
  if (!isWritable(member) && member.machine?.isRunning === true)
    return {
      outcome: 'degraded',
      findings: [
        `${host} was started, and does not accept writes yet: its crash recovery goes on. When it does: pp db check ${database}`,
      ],
    }
  if (!member.session && !member.machine)
    return {
      outcome: 'degraded',
      findings: [`${host} does not answer, so whether it was started is not known: pp db status ${database}`],
    }
  return backVerdict(state, intent, memory, `${host} does not run`)
}
