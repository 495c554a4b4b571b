import {isPaused, isWritable, lagBytes, primaryMissing, routesTo, writableMembers} from './facts.ts'
import type {ClusterState, MemberState} from './types.ts'

/** One database for `pp db status --json`. Lag is in bytes of WAL and in seconds; null is "not known". */
export function databaseStatus(state: ClusterState) {
  const primary = state.members.find(isWritable)
  return {
    name: state.database,
    timeline: primary?.session?.timeline ?? null,
    systemIdentifier: primary?.session?.systemIdentifier ?? null,
    members: state.members.map((member) => memberStatus(member, primary)),
    poolers: state.poolers.flatMap((pooler) => [
      ...pooler.processes.map((process) => ({
        host: pooler.host,
        process: process.name,
        target: process.entries[0]?.target ?? null,
        paused: process.entries.some((entry) => entry.isPaused),
        clients: process.clients,
      })),
      ...(pooler.processes.length === 0
        ? [{host: pooler.host, process: null, target: null, paused: null, clients: null}]
        : []),
    ]),
    operation: state.voters.find((voter) => voter.operation !== undefined)?.operation ?? null,
  }
}
export type DatabaseStatus = ReturnType<typeof databaseStatus>

function memberStatus(member: MemberState, primary: MemberState | undefined) {
  const {session, host, problems} = member
  const isStandby = session?.isInRecovery === true
  const follower = primary?.session?.followers.find((one) => one.name === host)
  // The age of the last replayed commit grows on an idle primary too.
  const isCaughtUp = primary !== undefined && lagBytes(primary, member) === 0
  return {
    host,
    role: session ? (isStandby ? 'standby' : 'primary') : 'unknown',
    writable: session ? !isStandby : null,
    upstream: session?.upstream ?? null,
    lagBytes: isStandby && primary ? (lagBytes(primary, member) ?? null) : null,
    lagSeconds: isStandby ? (isCaughtUp ? 0 : (session.replayDelaySeconds ?? null)) : null,
    sync: follower?.sync ?? null,
    tags: member.tags,
    problem: problems[0] ?? null,
  }
}

/** What is broken, and members that do not answer: whatever else is well, nobody knows how they are. */
export function findingsOf(state: ClusterState): readonly string[] {
  const silent = state.members
    .filter((member) => !member.session)
    .map((member) => `${member.host} does not answer: ${member.problems[0] ?? 'no reason given'}`)
  return [...brokenThings(state), ...silent].map((finding) => `${state.database}: ${finding}`)
}

/** What is broken: none or more than one writable member, a pooler that is paused or leads elsewhere. Empty when all is well. */
export function brokenThings(state: ClusterState): readonly string[] {
  const writable = writableMembers(state)
  const [primary] = writable
  return [
    ...(writable.length === 0 ? [primaryMissing(state)] : []),
    ...(writable.length > 1 ? [`${writable.join(' and ')} both accept writes`] : []),
    ...state.poolers.filter(isPaused).map((pooler) => `${pooler.host} is paused`),
    ...state.poolers
      .filter((pooler) => primary !== undefined && !isPaused(pooler) && !routesTo(pooler, primary))
      .map((pooler) =>
        pooler.processes.length === 0
          ? `${pooler.host} does not answer`
          : `${pooler.host} leads to ${pooler.fileTarget ?? 'nowhere'}, not to ${primary ?? ''}`,
      ),
  ]
}
