import type {Plan} from '../operation/types.ts'
import {redirectConninfo} from './conninfo.ts'
import {
  hasBeenPromoted,
  isCleanlyStopped,
  isReachable,
  isStandbyAgain,
  isWritable,
  memberOf,
  routesTo,
  slotName,
  streamsFrom,
} from './facts.ts'
import {canAcknowledge, synchronousStandbys} from './synchronous.ts'
import {twoWritable} from './two-writable.ts'
import type {
  BeforeImages,
  ClusterState,
  MemberState,
  Memory,
  ReplicationSettings,
  SwitchoverIntent,
  SwitchoverStep,
} from './types.ts'

export type SwitchoverPlan = Plan<SwitchoverStep>

/**
 * What is left to do to make `intent.to` the primary, from what is observed now.
 *
 * Asked again after any interruption it returns the rest. The safety rules live here and nowhere else:
 * - never two writable members: `promote` follows a proof that the old primary stopped (two primaries lose more
 *   data than a longer outage does);
 * - the old primary carries standby.signal before anything is promoted, so that a power cycle cannot bring it back writable;
 * - `pause` never without guards armed before it (a laptop that dies would leave every client waiting).
 */
export function planForward(state: ClusterState, intent: SwitchoverIntent, memory: Memory): SwitchoverPlan {
  const old = memberOf(state, intent.from)
  const candidate = memberOf(state, intent.to)
  const foreign = state.members.filter(
    (member) => isWritable(member) && member !== old && member !== candidate,
  )
  if (foreign[0]) return unexpectedPrimary(foreign[0].host, intent)

  if (isWritable(candidate)) {
    if (isWritable(old)) return twoWritable(state, [intent.from, intent.to])
    return steps(afterPromotion(state, intent, candidate.session?.timeline === intent.timeline + 1))
  }
  if (isStandbyAgain(candidate, intent.timeline)) return steps(lettingGo(state, intent.to))
  if (!candidate.session) return unreachable(intent.to, candidate)
  if (isWritable(old))
    return steps([
      ...beforeWindow(state, intent),
      ...window(state, intent),
      ...afterPromotion(state, intent, false),
    ])
  if (isOldHarmless(old, intent, memory)) {
    return steps([...window(state, intent, 'old is stopped'), ...afterPromotion(state, intent, false)])
  }
  return oldIsUnknown(old, intent)
}

/**
 * The way back to the before-images, or a refusal where there is none: after a promotion only forward is safe.
 */
export function planBack(state: ClusterState, intent: SwitchoverIntent, memory: Memory): SwitchoverPlan {
  const old = memberOf(state, intent.from)
  const candidate = memberOf(state, intent.to)
  if (hasBeenPromoted(candidate, intent.timeline)) return alreadyPromoted(intent)
  const foreign = state.members.find((member) => isWritable(member) && member !== old)
  if (foreign) return unexpectedPrimary(foreign.host, intent)
  if (!memory.before) return steps([])

  const mayBePromoting = mayBePromotingNow(candidate, memory)
  const isCandidateFenced = candidate.machine?.isFenced === true
  // Without its control file nobody knows whether it has been promoted.
  if (mayBePromoting && !candidate.machine?.control) return unreachable(intent.to, candidate)
  if (!isWritable(old) && !old.machine) return unreachable(intent.from, old)

  const mustFence = mayBePromoting && !isWritable(old) && !isCandidateFenced
  return steps([
    ...(mustFence ? [{kind: 'fence', host: intent.to} as const] : []),
    // Its boot gate may have made it a standby meanwhile: then pp db open decides who is primary.
    ...(old.session ? [] : [{kind: 'put-back', host: intent.from} as const]),
    ...routeBack(state, memory.before),
    ...(mustFence || isCandidateFenced
      ? [
          {kind: 'return', host: intent.to, upstream: intent.from} as const,
          {kind: 'unfence', host: intent.to} as const,
        ]
      : []),
    ...memory.before.members
      .flatMap((before) => restoreMember(memberOf(state, before.host), before, intent))
      // Slots go last, over all members: one is in use until the standby that reads it has moved away.
      .sort((one, other) => Number(one.kind === 'drop-slots') - Number(other.kind === 'drop-slots')),
  ])
}

/** The end of an operation whose new primary is a standby again: clients that are held are let go, and the verdict says the rest. */
export function lettingGo(
  state: ClusterState,
  to: string,
): (
  | {readonly kind: 'route'; readonly poolers: readonly string[]; readonly host: string}
  | {readonly kind: 'disarm'; readonly poolers: readonly string[]}
)[] {
  const reachable = state.poolers.filter(isReachable)
  const astray = reachable.filter((pooler) => !routesTo(pooler, to))
  const guarded = reachable.filter((pooler) => pooler.isGuardArmed || astray.includes(pooler))
  const hosts = (poolers: typeof reachable) => poolers.map(({host}) => host)
  return [
    ...(astray.length > 0 ? [{kind: 'route', poolers: hosts(astray), host: to} as const] : []),
    ...(guarded.length > 0 ? [{kind: 'disarm', poolers: hosts(guarded)} as const] : []),
  ]
}

function beforeWindow(state: ClusterState, intent: SwitchoverIntent): SwitchoverStep[] {
  const old = memberOf(state, intent.from)
  const candidate = memberOf(state, intent.to)
  const existing = new Set(candidate.session?.slots.map((slot) => slot.name))
  const slots = others(state, intent.to)
    .map((member) => slotName(member.host))
    .filter((name) => !existing.has(name))
  const conninfo = redirectConninfo(candidate.session?.settings.primaryConninfo ?? '', intent.to, intent.from)
  const slot = slotName(intent.from)
  const {settings} = old.session ?? {}
  const names = intent.synchronousNames
  return [
    ...(slots.length > 0 ? [{kind: 'prepare-slots', host: intent.to, slots} as const] : []),
    ...(names === candidate.session?.settings.synchronousStandbyNames
      ? []
      : [{kind: 'synchronous', host: intent.to, names} as const]),
    ...(areSiblingsFirst(old, intent) ? followers(state, intent) : []),
    {kind: 'checkpoint', host: intent.from, standby: intent.to},
    ...(old.session?.archiver.isOn ? [{kind: 'archive', host: intent.from} as const] : []),
    ...(settings?.primaryConninfo === conninfo && settings.primarySlotName === slot
      ? []
      : [{kind: 'prepare-return', host: intent.from, conninfo, slot} as const]),
    ...(old.machine?.isMasked ? [] : [{kind: 'mask', host: intent.from} as const]),
  ]
}

/**
 * Whether the other standbys follow the candidate before the outage. Not where commits would then wait for one of them: behind
 * the candidate nobody who counts is left to acknowledge them.
 */
function areSiblingsFirst({session}: MemberState, {to, synchronousNames}: SwitchoverIntent): boolean {
  const {settings, followers: streams = []} = session ?? {}
  const candidate = streams.map(({name}) => name).filter((name) => [to, slotName(to)].includes(name))
  return (
    synchronousStandbys(synchronousNames) <= 1 &&
    canAcknowledge(settings?.synchronousStandbyNames ?? '', candidate)
  )
}

function window(state: ClusterState, intent: SwitchoverIntent, old?: 'old is stopped'): SwitchoverStep[] {
  const poolers = poolerHosts(state)
  return [
    {kind: 'arm', poolers},
    {kind: 'pause', poolers, host: intent.from},
    ...(old
      ? []
      : [
          {kind: 'clear-writers', host: intent.from} as const,
          {kind: 'stop', host: intent.from, poolers, to: intent.to} as const,
        ]),
    {kind: 'prove', host: intent.to, old: intent.from},
    {kind: 'promote', host: intent.to},
  ]
}

function afterPromotion(
  state: ClusterState,
  intent: SwitchoverIntent,
  isPromoted: boolean,
): SwitchoverStep[] {
  const old = memberOf(state, intent.from)
  const candidate = memberOf(state, intent.to)
  // One that has died meanwhile holds nobody up: its guard lets its clients go on, and the verdict names it.
  const present = state.poolers.filter((pooler) => !isPromoted || isReachable(pooler))
  const astray = present.filter((pooler) => !isPromoted || !routesTo(pooler, intent.to))
  const poolers = astray.map((pooler) => pooler.host)
  const guarded = present
    .filter((pooler) => astray.includes(pooler) || pooler.isGuardArmed)
    .map((pooler) => pooler.host)
  const isCheckpointed = isPromoted && candidate.machine?.control?.timeline === intent.timeline + 1
  const hasReturned = isPromoted && streamsFrom(old, intent.to) && old.machine?.isMasked !== true
  const stale = hasReturned
    ? staleSlots(old, intent)
    : others(state, intent.from).map((member) => slotName(member.host))
  const names = intent.synchronousNames
  // The probe may lower it, so it is looked at again in any case.
  const isSynchronous = isPromoted
    ? names === candidate.session?.settings.synchronousStandbyNames
    : names === ''
  return [
    ...(poolers.length > 0 ? [{kind: 'route', poolers, host: intent.to} as const] : []),
    ...(guarded.length > 0
      ? [{kind: 'probe', host: intent.to} as const, {kind: 'disarm', poolers: guarded} as const]
      : []),
    ...(isCheckpointed ? [] : [{kind: 'checkpoint-new', host: intent.to} as const]),
    ...(hasReturned ? [] : [{kind: 'return', host: intent.from, upstream: intent.to} as const]),
    ...(isWritable(old) && areSiblingsFirst(old, intent) ? [] : followers(state, intent)),
    ...(stale.length > 0 ? [{kind: 'drop-slots', host: intent.from, slots: stale} as const] : []),
    ...(isSynchronous ? [] : [{kind: 'synchronous', host: intent.to, names} as const]),
  ]
}

/** Siblings that do not follow the candidate yet. */
function followers(state: ClusterState, intent: SwitchoverIntent): SwitchoverStep[] {
  return state.members
    .filter((member) => member.host !== intent.from && member.host !== intent.to)
    .filter((member) => member.session && !streamsFrom(member, intent.to))
    .map((member) => ({
      kind: 'follow',
      host: member.host,
      upstream: intent.to,
      conninfo: redirectConninfo(member.session?.settings.primaryConninfo ?? '', intent.to, member.host),
      slot: slotName(member.host),
    }))
}

/** Slots on the old primary that nobody reads any more; left alone they would fill its disk. */
function staleSlots(old: MemberState, intent: SwitchoverIntent): readonly string[] {
  return (old.session?.slots ?? [])
    .filter((slot) => slot.kind === 'physical' && !slot.isActive && slot.name !== slotName(intent.from))
    .map((slot) => slot.name)
}

function routeBack(state: ClusterState, before: BeforeImages): SwitchoverStep[] {
  // Writes shall not wait for a pooler's host that is gone; the verdict names it.
  const present = state.poolers.filter(isReachable)
  const astray = before.poolers.filter((image) => {
    const pooler = present.find((candidate) => candidate.host === image.host)
    return (
      pooler !== undefined &&
      !(routesTo(pooler, image.target) && hasLoginRetry(pooler, image.loginRetrySeconds))
    )
  })
  const targets = [...new Set(astray.map((image) => image.target))]
  const guarded = present
    .filter((pooler) => pooler.isGuardArmed || astray.some((image) => image.host === pooler.host))
    .map((pooler) => pooler.host)
  return [
    ...targets.map((host) => ({
      kind: 'route' as const,
      host,
      poolers: astray.filter((image) => image.target === host).map((image) => image.host),
    })),
    ...(guarded.length > 0 ? [{kind: 'disarm', poolers: guarded} as const] : []),
  ]
}

function hasLoginRetry(
  pooler: ClusterState['poolers'][number],
  before: Readonly<Record<string, number>>,
): boolean {
  return pooler.processes.every((process) => process.serverLoginRetrySeconds === before[process.name])
}

function restoreMember(
  member: MemberState,
  before: BeforeImages['members'][number],
  intent: SwitchoverIntent,
): SwitchoverStep[] {
  const isOld = member.host === intent.from
  const added = (member.session?.slots ?? [])
    .map((slot) => slot.name)
    .filter((name) => !before.slots.includes(name))
  return [
    ...(sameSettings(member.session?.settings, before.settings)
      ? []
      : [{kind: 'restore-settings', host: member.host, settings: before.settings} as const]),
    ...(isOld && member.machine?.isMasked && !before.isMasked
      ? [{kind: 'unmask', host: member.host} as const]
      : []),
    ...(added.length > 0 ? [{kind: 'drop-slots', host: member.host, slots: added} as const] : []),
  ]
}

function sameSettings(now: ReplicationSettings | undefined, before: ReplicationSettings): boolean {
  return (
    now?.primaryConninfo === before.primaryConninfo &&
    now.primarySlotName === before.primarySlotName &&
    now.synchronousStandbyNames === before.synchronousStandbyNames
  )
}

/** Whether the old primary cannot write and cannot come back writable. */
function isOldHarmless(old: MemberState, intent: SwitchoverIntent, memory: Memory): boolean {
  if (old.machine) {
    const isStandby = old.session?.isInRecovery === true
    return (
      old.machine.hasStandbySignal && (isStandby || isCleanlyStopped(old.machine.control, intent.timeline))
    )
  }
  // The host is silent: the journal's stop proof says that standby.signal was on disk before the stop.
  return memory.stop !== undefined
}

/** Whether a promotion may be under way; a journal fetched from the voters may lack the last lines of a lost machine. */
export function mayBePromotingNow(member: MemberState, memory: Memory): boolean {
  return (
    memory.isPromoteIntended || wasToldToPromote(member, memory) || (memory.mayLackLines && !member.machine)
  )
}

/** Whether its host has sent it a promotion since the operation began: what an earlier one sent has long come to its end. */
export function wasToldToPromote({machine}: MemberState, {firstToken = 0}: Memory): boolean {
  return (machine?.promoteSentToken ?? -1) >= firstToken
}

function others(state: ClusterState, host: string): readonly MemberState[] {
  return state.members.filter((member) => member.host !== host)
}

function poolerHosts(state: ClusterState): readonly string[] {
  return state.poolers.map((pooler) => pooler.host)
}

function steps(list: readonly SwitchoverStep[]): SwitchoverPlan {
  return {kind: 'steps', steps: list}
}

function refused(code: string, reason: string, hint: string): SwitchoverPlan {
  return {kind: 'refused', code, reason, hint}
}

function unexpectedPrimary(host: string, {database, to}: SwitchoverIntent): SwitchoverPlan {
  return refused(
    'OTHER_PRIMARY',
    `${host} accepts writes, though ${to} was asked for.`,
    `pp db status ${database}`,
  )
}

function alreadyPromoted({database, to, from}: SwitchoverIntent): SwitchoverPlan {
  return refused(
    'ALREADY_PROMOTED',
    `${to} is primary already; only forward is safe now.`,
    `pp op resume, and afterwards the way back: pp failover db ${database} --to ${from}`,
  )
}

function unreachable(host: string, member: MemberState): SwitchoverPlan {
  return refused(
    'MEMBER_UNREACHABLE',
    `${host} does not answer: ${member.problems.join('; ') || 'no reason given'}.`,
    'pp db status',
  )
}

function oldIsUnknown(old: MemberState, {from, database}: SwitchoverIntent): SwitchoverPlan {
  const control = old.machine?.control
  const seen = control
    ? `its control file says "${control.state}" on timeline ${control.timeline}`
    : 'its host does not answer'
  return refused(
    'OLD_PRIMARY_UNKNOWN',
    `${from} does not accept writes, and nothing proves that it cannot later: ${seen}.`,
    `Bring ${from} back, or look first: pp db status ${database}`,
  )
}
