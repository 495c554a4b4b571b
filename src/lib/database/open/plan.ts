import {isStandbyAgain, isTagged, isWritable, memberOf} from '../facts.ts'
import {
  afterPromotion,
  alreadyPromoted,
  otherPrimary,
  refused,
  returning,
  silentCandidate,
  steps,
  type FailoverPlan,
} from '../failover/plan.ts'
import type {FailoverIntent, FailoverStep} from '../failover/types.ts'
import {lettingGo, wasToldToPromote} from '../plan.ts'
import type {ClusterState, MemberState, Memory} from '../types.ts'

/** `to` is the member that is opened; `from` the one that poolers and standbys say was primary, often the same. */
export interface OpenIntent extends FailoverIntent {
  /** False where they do not agree: `from` is then the opened one too, and any other may have been primary last. */
  readonly isFromKnown: boolean
  /** Members that do not answer, and whose writes the operator has given up by name. */
  readonly without: readonly string[]
}

/**
 * What is left to do to make `intent.to` the primary of a cluster that has none, from what is observed now.
 *
 * - nothing is promoted while another member accepts writes, or is on a newer timeline;
 * - whoever cannot be asked is fenced before: killed by its host, proved off, or given up by name;
 * - nothing streams any more when positions are compared, and the one that is opened has fetched what others have more.
 */
export function planOpen(state: ClusterState, intent: OpenIntent): FailoverPlan {
  const candidate = memberOf(state, intent.to)
  const foreign = state.members.find((member) => isWritable(member) && member !== candidate)
  if (foreign) return otherPrimary(foreign.host, intent)
  const standbys = state.members.filter(
    ({session}) => session?.isInRecovery === true && session.timeline >= intent.timeline,
  )
  const siblings = standbys.filter((member) => member !== candidate)
  if (isWritable(candidate)) return steps(afterPromotion(state, intent, undefined, siblings))
  if (isStandbyAgain(candidate, intent.timeline)) return steps(lettingGo(state, intent.to))
  if (!candidate.session || !candidate.machine) return silentCandidate(intent, candidate)
  const ahead = state.members.find((member) => timelineOf(member) > intent.timeline)
  if (ahead) return memberAhead(ahead, intent)
  const alive = state.members.find(isUnaskedPrimary)
  if (alive) return primaryAlive(alive, intent)
  return steps([
    {kind: 'detach', hosts: standbys.map((member) => member.host)},
    ...state.members.flatMap((member) => fenced(state, member, intent)),
    {
      kind: 'measure',
      host: intent.to,
      from: intent.from,
      ...(intent.isFromKnown ? {} : {unread: unreadMembers(state, intent.timeline)}),
    },
    ...(candidate.session.settings.synchronousStandbyNames === ''
      ? []
      : [{kind: 'synchronous', host: intent.to, names: ''} as const]),
    {kind: 'promote', host: intent.to},
    ...afterPromotion(state, intent, 'not yet promoted', siblings),
  ])
}

/** A member that cannot be asked: made harmless, and what its disk has more is fetched where its host answers. */
function fenced(
  state: ClusterState,
  {host, session, machine}: MemberState,
  intent: OpenIntent,
): FailoverStep[] {
  if (session) return []
  if (!machine) return isTagged(state, host) ? [] : [{kind: 'fence-lost', host}]
  return [
    {kind: 'fence', host},
    ...(isSalvaged(machine, intent.timeline)
      ? [{kind: 'salvage', host: intent.to, from: host} as const]
      : []),
  ]
}

/** Members that neither tell what they have, nor get their disk read for it. */
export function unreadMembers(state: ClusterState, timeline: number): readonly string[] {
  return state.members
    .filter(({session, machine}) => !session && !isSalvaged(machine, timeline))
    .map(({host}) => host)
}

const isSalvaged = (machine: MemberState['machine'], timeline: number): boolean =>
  machine?.control?.timeline === timeline

/**
 * The way back before the promotion: standbys stream as they did, and a candidate that had to be fenced is one of them again.
 * Others that were fenced did not answer before, and stay so; the verdict names them.
 */
export function planOpenBack(state: ClusterState, intent: OpenIntent, memory: Memory): FailoverPlan {
  const candidate = memberOf(state, intent.to)
  if (isWritable(candidate)) return alreadyPromoted(intent)
  const foreign = state.members.find(isWritable)
  if (foreign) return otherPrimary(foreign.host, intent)
  const {before} = memory
  if (!before) return steps([])
  const mayBePromoting = memory.isPromoteIntended || wasToldToPromote(candidate, memory)
  if (mayBePromoting && !candidate.machine) return silentCandidate(intent, candidate)
  const isFenced = candidate.machine?.isFenced === true
  const mustFence = mayBePromoting && !isFenced
  return steps([
    ...(mustFence ? [{kind: 'fence', host: intent.to} as const] : []),
    ...(mustFence || isFenced
      ? [returning(before, intent, undefined), {kind: 'unfence', host: intent.to} as const]
      : []),
    ...before.members
      .filter(({host, settings}) => {
        const now = memberOf(state, host).session?.settings
        const isSame =
          now?.primaryConninfo === settings.primaryConninfo &&
          now.synchronousStandbyNames === settings.synchronousStandbyNames
        return now !== undefined && !isSame && !(mustFence && host === intent.to)
      })
      .map(({host, settings}) => ({kind: 'restore-settings', host, settings}) as const),
  ])
}

const timelineOf = ({session, machine}: MemberState): number =>
  session?.timeline ?? machine?.control?.timeline ?? 0

/** Runs without standby.signal and answers nobody here: it may be taking writes from others. */
const isUnaskedPrimary = ({session, machine}: MemberState): boolean =>
  !session && machine?.isRunning === true && !machine.hasStandbySignal

function memberAhead({host, session, machine}: MemberState, intent: OpenIntent): FailoverPlan {
  const timeline = session?.timeline ?? machine?.control?.timeline ?? 0
  return refused(
    'MEMBER_AHEAD',
    `${host} is on timeline ${timeline}, ${intent.to} on ${intent.timeline}: ${host} was promoted after it.`,
    `Start PostgreSQL on ${host}, then: pp db open ${intent.database} --to ${host}`,
  )
}

function primaryAlive({host}: MemberState, {database}: OpenIntent): FailoverPlan {
  return refused(
    'PRIMARY_ALIVE',
    `PostgreSQL runs on ${host} as a primary and does not answer here.`,
    `pp failover db ${database} --from ${host}`,
  )
}
