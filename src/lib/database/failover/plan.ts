import type {Plan} from '../../operation/types.ts'
import {redirectConninfo} from '../conninfo.ts'
import {
  hasBeenPromoted,
  isReachable,
  isStandbyAgain,
  isWritable,
  memberOf,
  routesTo,
  slotName,
  streamsFrom,
} from '../facts.ts'
import {lettingGo, mayBePromotingNow} from '../plan.ts'
import {twoWritable} from '../two-writable.ts'
import type {BeforeImages, ClusterState, MemberState, Memory} from '../types.ts'
import type {FailoverIntent, FailoverStep} from './types.ts'

export type FailoverPlan = Plan<FailoverStep>

/**
 * What is left to do to make `intent.to` the primary in place of one that is lost, from what is observed now.
 *
 * - nothing is promoted before the lost primary is fenced with proof, and every run of `pp` proves it anew;
 * - no guard leads clients back to it: the poolers' hosts are told before it is fenced;
 * - what may be missing is measured when nothing streams any more, and shown to be within what was accepted.
 *
 * @param isWell the lost primary accepts writes, and its clients reach it.
 */
export function planFailover(state: ClusterState, intent: FailoverIntent, isWell = false): FailoverPlan {
  const old = memberOf(state, intent.from)
  const candidate = memberOf(state, intent.to)
  const foreign = state.members.find((member) => isWritable(member) && member !== old && member !== candidate)
  if (foreign) return otherPrimary(foreign.host, intent)
  if (isWritable(candidate)) {
    const isNewer = (candidate.session?.timeline ?? 0) > (old.session?.timeline ?? 0)
    if (isWritable(old) && !isNewer) return twoWritable(state, [intent.from, intent.to])
    // Of two writable members the one on the lower timeline is the lost one: it goes first.
    return steps([
      ...(isWritable(old) ? [{kind: 'fence-lost', host: intent.from} as const] : []),
      ...afterPromotion(state, intent),
    ])
  }
  if (isWritable(old) && (isWell || !['cut-off', 'disk-full'].includes(intent.condition)))
    return aliveAgain(intent)
  if (isStandbyAgain(candidate, intent.timeline)) return steps(lettingGo(state, intent.to))
  if (!candidate.session || !candidate.machine) return silentCandidate(intent, candidate)
  const poolers = state.poolers.filter(isReachable).map((pooler) => pooler.host)
  const standbys = state.members.filter((member) => member !== old && member.session && member.machine)
  return steps([
    ...(poolers.length > 0
      ? ([
          {kind: 'tag', poolers, member: intent.from},
          {kind: 'arm', poolers},
          {kind: 'hold', poolers},
        ] as const)
      : []),
    {kind: 'detach', hosts: standbys.map((member) => member.host)},
    {kind: 'fence-lost', host: intent.from},
    ...(old.machine ? [{kind: 'salvage', host: intent.to, from: intent.from} as const] : []),
    {kind: 'measure', host: intent.to, from: intent.from},
    // Until its standbys follow, commits would wait for nobody who could answer.
    ...(candidate.session.settings.synchronousStandbyNames === ''
      ? []
      : [{kind: 'synchronous', host: intent.to, names: ''} as const]),
    {kind: 'promote', host: intent.to},
    ...afterPromotion(state, intent, 'not yet promoted'),
  ])
}

/** Brings clients and the other standbys over; `siblings` are those that can follow without being made anew. */
export function afterPromotion(
  state: ClusterState,
  intent: FailoverIntent,
  promotion?: 'not yet promoted',
  siblings: readonly MemberState[] = state.members.filter(
    ({host, session, machine}) => host !== intent.from && host !== intent.to && session && machine,
  ),
): FailoverStep[] {
  const candidate = memberOf(state, intent.to)
  const isPromoted = promotion === undefined
  const astray = state.poolers.filter(
    (pooler) => isReachable(pooler) && !(isPromoted && routesTo(pooler, intent.to)),
  )
  const poolers = astray.map((pooler) => pooler.host)
  const guarded = state.poolers
    .filter((pooler) => astray.includes(pooler) || (isReachable(pooler) && pooler.isGuardArmed))
    .map((pooler) => pooler.host)
  const isCheckpointed = isPromoted && candidate.machine?.control?.timeline === intent.timeline + 1
  const existing = new Set(candidate.session?.slots.map((slot) => slot.name))
  const slots = siblings.map((member) => slotName(member.host)).filter((name) => !existing.has(name))
  const names = intent.synchronousNames
  return [
    ...(poolers.length > 0 ? [leadTo(poolers, intent)] : []),
    ...(guarded.length > 0
      ? [{kind: 'probe', host: intent.to} as const, {kind: 'disarm', poolers: guarded} as const]
      : []),
    ...(isCheckpointed ? [] : [{kind: 'checkpoint-new', host: intent.to} as const]),
    ...(slots.length > 0 ? [{kind: 'prepare-slots', host: intent.to, slots} as const] : []),
    ...siblings
      .filter((member) => !isPromoted || !streamsFrom(member, intent.to))
      .map((member) => follow(member, intent)),
    ...(isPromoted && candidate.session?.settings.synchronousStandbyNames === names
      ? []
      : [{kind: 'synchronous', host: intent.to, names} as const]),
  ]
}

function leadTo(poolers: readonly string[], {from, to}: FailoverIntent): FailoverStep {
  // A member that was primary and only is opened again keeps its connections: they serve on.
  return from === to ? {kind: 'route', poolers, host: to} : {kind: 'release', poolers, host: to, from}
}

function follow(member: MemberState, {to, conninfo}: FailoverIntent): FailoverStep {
  return {
    kind: 'follow',
    host: member.host,
    upstream: to,
    conninfo: redirectConninfo(conninfo, to, member.host),
    slot: slotName(member.host),
  }
}

/**
 * The way back before a promotion: standbys stream again, poolers lead where they led, and a primary that was fenced
 * is put back in service. What was lost before `pp` came stays lost.
 */
export function planFailoverBack(state: ClusterState, intent: FailoverIntent, memory: Memory): FailoverPlan {
  const old = memberOf(state, intent.from)
  const candidate = memberOf(state, intent.to)
  if (hasBeenPromoted(candidate, intent.timeline)) return alreadyPromoted(intent)
  const foreign = state.members.find((member) => isWritable(member) && member !== old)
  if (foreign) return otherPrimary(foreign.host, intent)
  const {before} = memory
  if (!before) return steps([])
  const mayBePromoting = mayBePromotingNow(candidate, memory)
  if (mayBePromoting && !candidate.machine?.control) return silentCandidate(intent, candidate)
  const mustFence = mayBePromoting && candidate.machine?.isFenced !== true
  // One that is silent by now cannot be waited for.
  const isBack = isWritable(old) || old.machine?.isFenced === true
  const tagged = state.poolers.filter(isReachable).map((pooler) => pooler.host)
  const held = before.poolers
    .map((image) => image.host)
    .filter((host) => state.poolers.some((pooler) => pooler.host === host && isReachable(pooler)))
  return steps([
    ...(mustFence ? [{kind: 'fence', host: intent.to} as const] : []),
    ...(tagged.length > 0 ? [{kind: 'untag', poolers: tagged, member: intent.from} as const] : []),
    ...(old.machine?.isFenced === true
      ? ([
          {kind: 'unfence', host: intent.from},
          // Its boot gate may have made it a standby meanwhile: then pp db open decides who is primary.
          ...(old.session ? [] : [{kind: 'put-back', host: intent.from} as const]),
        ] as const)
      : []),
    ...(held.length > 0
      ? ([
          {kind: 'route', poolers: held, host: intent.from},
          {kind: 'disarm', poolers: held},
        ] as const)
      : []),
    ...(mustFence || candidate.machine?.isFenced === true
      ? [
          returning(before, intent, isBack ? intent.from : undefined),
          {kind: 'unfence', host: intent.to} as const,
        ]
      : []),
    ...before.members
      .filter((image) => image.host !== intent.from)
      .filter((image) => {
        const {session} = memberOf(state, image.host)
        // One that has fallen silent keeps what it has; the verdict names it.
        if (!session) return false
        const {primaryConninfo, synchronousStandbyNames} = image.settings
        return (
          session.settings.primaryConninfo !== primaryConninfo ||
          session.settings.synchronousStandbyNames !== synchronousStandbyNames
        )
      })
      .map((image) => ({kind: 'restore-settings', host: image.host, settings: image.settings}) as const),
  ])
}

/** It was detached before it was fenced: without its settings it would wait for an upstream that nobody names. */
export function returning(
  {members}: BeforeImages,
  {to}: FailoverIntent,
  upstream: string | undefined,
): FailoverStep {
  const image = members.find(({host}) => host === to)
  return {kind: 'return', host: to, upstream, ...(image && {settings: image.settings})}
}

export function steps(list: readonly FailoverStep[]): FailoverPlan {
  return {kind: 'steps', steps: list}
}

export function refused(code: string, reason: string, hint: string): FailoverPlan {
  return {kind: 'refused', code, reason, hint}
}

export function otherPrimary(host: string, {database, to}: FailoverIntent): FailoverPlan {
  return refused(
    'OTHER_PRIMARY',
    `${host} accepts writes, though ${to} was asked for.`,
    `pp db status ${database}`,
  )
}

function aliveAgain({from}: FailoverIntent): FailoverPlan {
  return refused(
    'PRIMARY_ALIVE',
    `${from} accepts writes again; fencing it would make an outage out of none.`,
    'pp op abort',
  )
}

export function silentCandidate({to}: FailoverIntent, member: MemberState): FailoverPlan {
  return refused(
    'MEMBER_UNREACHABLE',
    `${to} does not answer: ${member.problems.join('; ') || 'no reason given'}.`,
    'pp db status',
  )
}

export function alreadyPromoted({to}: FailoverIntent): FailoverPlan {
  return refused('ALREADY_PROMOTED', `${to} is primary already; only forward is safe now.`, 'pp op resume')
}
