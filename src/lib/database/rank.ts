import {formatSize} from '../size.ts'
import {isTagged, isWritable, lagBytes, memberOf, slotName, streamsFrom} from './facts.ts'
import {leftBehind} from './failover/left-behind.ts'
import {greaterLsn, lsnDistance, type Lsn} from './lsn.ts'
import type {ClusterState, MemberState} from './types.ts'

/** Who takes over, and why each other member does not. */
export interface Ranking {
  readonly best: string | undefined
  readonly losers: readonly {readonly host: string; readonly reason: string}[]
}

/**
 * Standbys of a healthy primary: those that stream from it, then least lag, then those that commits wait for, then as the
 * fleet file names them.
 *
 * @param asked the one that the operator wants; it wins when it may.
 */
export function rankCandidates(state: ClusterState, from: string, asked?: string): Ranking {
  const primary = memberOf(state, from)
  const lag = (member: MemberState) => lagBytes(primary, member) ?? 0
  const waits = (member: MemberState) => (isAwaited(primary, member.host) ? 0 : 1)
  return choose({
    members: state.members.filter((member) => member.host !== from),
    blocker: (member) =>
      heldBack(state, member) ??
      (streamsFrom(member, from) && !isWritable(member)
        ? undefined
        : (member.problems[0] ?? `does not stream from ${from}`)),
    order: (one, other) => lag(one) - lag(other) || waits(one) - waits(other),
    behind: (member, best) =>
      lag(member) > lag(best)
        ? `${formatSize(lag(member) - lag(best))} behind ${best.host}`
        : waits(member) > waits(best)
          ? `commits do not wait for it, as they do for ${best.host}`
          : undefined,
    asked,
  })
}

/**
 * Members that are left when nobody writes: those of the newest timeline of one lineage, the most advanced first, then as
 * the fleet file names them.
 *
 * @param from the lost primary, which is no candidate; undefined when it may be one.
 */
export function rankStandbys(state: ClusterState, from: string | undefined, asked?: string): Ranking {
  const members = state.members.filter((member) => member.host !== from)
  const {systemIdentifier, timeline, host} = newestLineage(members)
  const ahead = (one: MemberState, other: MemberState) => lsnDistance(lsnOf(other), lsnOf(one))
  return choose({
    members,
    blocker: (member) => {
      const {session, machine, problems} = member
      if (!session || !machine) return problems[0] ?? (machine ? 'PostgreSQL does not answer' : 'no answer')
      if (isWritable(member)) return 'accepts writes'
      if (session.systemIdentifier !== systemIdentifier)
        return `holds the data of another cluster (system ${session.systemIdentifier})`
      if (session.timeline < timeline)
        return `left behind on timeline ${session.timeline}; ${host} is on ${timeline}`
      return (from === undefined ? undefined : leftBehind(state, member, from)) ?? heldBack(state, member)
    },
    order: (one, other) => ahead(other, one),
    behind: (member, best) => {
      const lacks = ahead(best, member)
      if (lacks <= 0) return undefined
      const rest = member.session?.replaysOwnWal === true ? ' so far: it still replays what it has' : ''
      return `${formatSize(lacks)} behind ${best.host}${rest}`
    },
    asked,
  })
}

/** Why a member that could take over shall not: it was fenced, or an operator has tagged it. */
export function heldBack(state: ClusterState, member: MemberState): string | undefined {
  if (isTagged(state, member.host)) return 'fenced; pp db rejoin lifts that'
  return member.tags.includes('no-failover') ? 'tagged no-failover' : undefined
}

/** The greater of received and replayed: what a standby has of the WAL, at least. */
export function lsnOf({session}: MemberState): Lsn {
  const replayed = session?.lsn ?? '0/0'
  return greaterLsn(session?.receivedLsn ?? replayed, replayed)
}

interface Rules {
  readonly members: readonly MemberState[]
  /** Why it cannot take over at all. */
  readonly blocker: (member: MemberState) => string | undefined
  /** The better one first; equal ones stay as the fleet file names them. */
  readonly order: (one: MemberState, other: MemberState) => number
  /** In what it is behind the one that takes over; undefined: in nothing. */
  readonly behind: (member: MemberState, best: MemberState) => string | undefined
  readonly asked: string | undefined
}

function choose({members, blocker, order, behind, asked}: Rules): Ranking {
  const eligible = members.filter((member) => blocker(member) === undefined).toSorted(order)
  const best = asked === undefined ? eligible[0] : eligible.find(({host}) => host === asked)
  const reason = (member: MemberState): string => {
    const blocked = blocker(member)
    if (blocked !== undefined) return blocked
    if (!best) return `${asked ?? 'another one'} was asked for`
    const lacks = behind(member, best)
    if (lacks !== undefined) return lacks
    if (asked !== undefined) return `${asked} was asked for`
    return `no better than ${best.host}, which the fleet file names before it`
  }
  return {
    best: best?.host,
    losers: members
      .filter((member) => member !== best)
      .map((member) => ({host: member.host, reason: reason(member)})),
  }
}

/** The cluster that most members hold, and the newest timeline of it. */
function newestLineage(members: readonly MemberState[]) {
  const answering = members.flatMap(({host, session}) => (session ? [{host, ...session}] : []))
  const held = (systemIdentifier: string) =>
    answering.filter((one) => one.systemIdentifier === systemIdentifier)
  const [first] = answering.toSorted(
    (one, other) =>
      held(other.systemIdentifier).length - held(one.systemIdentifier).length ||
      other.timeline - one.timeline,
  )
  return {
    systemIdentifier: first?.systemIdentifier ?? '',
    timeline: first?.timeline ?? 0,
    host: first?.host ?? '',
  }
}

function isAwaited(primary: MemberState, host: string): boolean {
  const follower = primary.session?.followers.find((one) => one.name === host || one.name === slotName(host))
  return follower?.sync !== 'async'
}

export const showRanking = ({losers}: Ranking): string =>
  losers.map(({host, reason}) => `${host} (${reason})`).join(', ')

/** One line a member that does not take over, for a plan. */
export const showLosers = ({losers}: Ranking): readonly string[] =>
  losers.map(({host, reason}) => `  not ${host}: ${reason}`)
