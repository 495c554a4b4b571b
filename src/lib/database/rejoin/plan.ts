import type {JournalRecord} from '../../operation/journal.ts'
import {isStep} from '../../operation/steps.ts'
import type {Plan} from '../../operation/types.ts'
import {formatConninfo, parseConninfo, redirectConninfo, withoutSecrets} from '../conninfo.ts'
import {
  isPaused,
  isTagged,
  isWritable,
  memberOf,
  routesTo,
  slotName,
  streamsFrom,
  writableMembers,
} from '../facts.ts'
import {listedStandbys, synchronousStandbys} from '../synchronous.ts'
import type {ClusterState, MachineState, MemberState} from '../types.ts'
import type {RejoinIntent, RejoinStep, Tried} from './types.ts'

/** What is left to do until a member that was primary, or shall be made anew, streams from the present primary. */
export function planRejoin(state: ClusterState, intent: RejoinIntent, tried: Tried): Plan<RejoinStep> {
  const {from, to} = intent
  const member = memberOf(state, from)
  const primary = memberOf(state, to)
  if (isWritable(member)) {
    return refused(
      'TWO_WRITABLE',
      `${writableMembers(state).join(' and ')} accept writes.`,
      `Fence the one that clients do not use: pp failover db ${intent.database} --from ${from}`,
    )
  }
  if (!isWritable(primary)) return refused('OTHER_PRIMARY', `${to} is not primary any more.`, 'pp db status')
  if (!member.machine) {
    return refused(
      'MEMBER_UNREACHABLE',
      `${from} does not answer: ${member.problems[0] ?? 'no reason given'}.`,
      'pp status',
    )
  }
  const mustCopy = intent.how === 'clone' && !tried.isCopied
  const isBack = streamsFrom(member, to) && !mustCopy
  if (mustCopy && isNeededByWrites(primary, member)) {
    return refused(
      'LAST_SYNCHRONOUS',
      `Every commit on ${to} waits for standbys (${primary.session?.settings.synchronousStandbyNames ?? ''}), and too few would be left while ${from} is copied.`,
      'pp db status: bring another standby back first',
    )
  }
  const slots = primary.session?.slots.map((slot) => slot.name) ?? []
  const slot = slotName(from)
  const isFree = isBack && !isTagged(state, from)
  // A pooler that was away while the primary changed still leads to the old one. One that somebody paused is left alone.
  const astray = state.poolers
    .filter(
      (pooler) =>
        pooler.isHelperCurrent && pooler.processes.length > 0 && !routesTo(pooler, to) && !isPaused(pooler),
    )
    .map(({host}) => host)
  // One that was away when the fence was lifted leads nobody to the primary before its tag is gone.
  const outdated = state.poolers.filter(({fencedMembers}) => fencedMembers.includes(to)).map(({host}) => host)
  return {
    kind: 'steps',
    steps: [
      ...(slots.includes(slot) ? [] : [{kind: 'prepare-slots', host: to, slots: [slot]} as const]),
      ...(isBack ? [] : bringBack(member.machine, intent, tried)),
      ...(isFree ? [] : [{kind: 'unfence', host: from} as const]),
      ...(isFree
        ? []
        : [{kind: 'untag', poolers: state.poolers.map(({host}) => host), member: from} as const]),
      ...(outdated.length === 0 ? [] : [{kind: 'untag', poolers: outdated, member: to} as const]),
      ...(astray.length === 0
        ? []
        : ([
            {kind: 'route', poolers: astray, host: to},
            {kind: 'disarm', poolers: astray},
          ] as const)),
      ...(primary.session?.settings.synchronousStandbyNames === intent.synchronousNames
        ? []
        : [{kind: 'synchronous', host: to, names: intent.synchronousNames} as const]),
    ],
  }
}

function bringBack(machine: MachineState, intent: RejoinIntent, tried: Tried): readonly RejoinStep[] {
  const {from, to} = intent
  const conninfo = withoutSecrets(intent.conninfo)
  const back = {kind: 'return', host: from, upstream: to} as const
  if (tried.isCopied) return [back]
  const because = reasonToCopy(machine, intent, tried)
  const way = {host: from, conninfo: redirectConninfo(conninfo, to, from), slot: slotName(from)}
  return [
    {kind: 'checkpoint-new', host: to},
    // A standby is stopped in order; what is left of an old primary is killed.
    ...(machine.isRunning && !machine.hasStandbySignal ? [{kind: 'fence', host: from} as const] : []),
    because === undefined
      ? {kind: 'rewind', ...way, source: sourceConninfo(conninfo, to, 'pp_rewind', {dbname: 'postgres'})}
      : {kind: 'clone', ...way, from: to, because, source: sourceConninfo(conninfo, to, 'pp_clone')},
    back,
  ]
}

/** Why a rewind is out of the question, in words; undefined where it is worth a try. */
function reasonToCopy(machine: MachineState, intent: RejoinIntent, {problem}: Tried): string | undefined {
  const {unfinished, control} = machine
  if (intent.how === 'clone') return 'as asked'
  if (unfinished?.kind === 'clone') return 'an earlier copy was interrupted'
  if (unfinished?.isDatabase === false) return 'a rewind was interrupted'
  if (!control) return 'its control file cannot be read'
  if (control.systemIdentifier !== intent.systemIdentifier)
    return `its data is of another system (${control.systemIdentifier})`
  return problem
}

/** Whether writes would wait for ever while this standby is away. */
function isNeededByWrites({session}: MemberState, member: MemberState): boolean {
  const names = session?.settings.synchronousStandbyNames ?? ''
  const streaming = session?.followers.filter((follower) => follower.isStreaming).map(({name}) => name) ?? []
  if (!streaming.includes(member.host)) return false
  const left = listedStandbys(names, streaming).filter((name) => name !== member.host)
  return left.length < synchronousStandbys(names)
}

/** What the journal of this operation adds to what can be seen. */
export function triedBefore(records: readonly JournalRecord[]): Tried {
  const steps = records.map(({type, data}) => ({type, ...(data as Ended | undefined)}))
  const isDone = (kind: string) => records.some(isStep('step-done', kind))
  const isCopied = isDone('clone')
  const failed = steps.findLast(
    (step) =>
      step.type === 'step-failed' &&
      ((step.kind === 'rewind' && step.code === 'REWIND_FAILED') ||
        (step.kind === 'return' && step.code === 'STEP_TIMED_OUT' && isDone('rewind'))),
  )
  const problem =
    failed && `${failed.kind === 'rewind' ? 'a rewind' : 'following'} does not work (${failed.message ?? ''})`
  return {isCopied, problem}
}

interface Ended {
  readonly kind?: string
  readonly code?: string
  readonly message?: string
}

/** The same login under another name: as the member itself it would count as one that commits wait for. */
function sourceConninfo(
  conninfo: string,
  upstream: string,
  name: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const settings = parseConninfo(redirectConninfo(conninfo, upstream, name))
  return formatConninfo(new Map([...settings, ...Object.entries(more)]))
}

const refused = (code: string, reason: string, hint: string) =>
  ({kind: 'refused', code, reason, hint}) as const
