import {lsnBytes} from './lsn.ts'
import type {ClusterState, ControlState, MemberState, PoolerState} from './types.ts'

// Questions about an observed database that plan, status, checks and verdict all ask in the same way.

export function isWritable(member: MemberState): boolean {
  return member.session?.isInRecovery === false
}

/**
 * Whether a standby has become primary, also when its server does not answer any more: it may then hold writes that
 * exist nowhere else, so taking it for a standby would lose them.
 *
 * @param timeline the one it replayed before.
 */
export function hasBeenPromoted(member: MemberState, timeline: number): boolean {
  const {control} = member.machine ?? {}
  return (
    isWritable(member) ||
    (control !== undefined && (!recoveryStates.includes(control.state) || control.timeline > timeline)) ||
    (member.session !== undefined && member.session.timeline > timeline)
  )
}

/**
 * Whether a member that has been promoted is a standby again, as its boot gate makes one that lost its power. Nobody can tell
 * what else has happened meanwhile, so who is primary is for `pp db open` to find out, never for the operation that promoted it.
 *
 * @param timeline the one it replayed before.
 */
export function isStandbyAgain({session}: MemberState, timeline: number): boolean {
  return session?.isInRecovery === true && session.timeline > timeline
}

/** What the control file of a standby says, running or not. */
const recoveryStates: readonly string[] = ['in archive recovery', 'shut down in recovery']

export function writableMembers(state: ClusterState): readonly string[] {
  return state.members.filter(isWritable).map((member) => member.host)
}

/** That no member accepts writes, as far as members answer. */
export function primaryMissing(state: ClusterState): string {
  const silent = state.members.filter((member) => !member.session).map((member) => member.host)
  return silent.length === 0
    ? 'no member accepts writes'
    : `no member that answers accepts writes; no answer to SQL from ${silent.join(', ')}`
}

export function memberOf(state: ClusterState, host: string): MemberState {
  const member = state.members.find((candidate) => candidate.host === host)
  if (!member) throw new Error(`${host} is not a member of ${state.database}`)
  return member
}

/** Whether it, or a pooler's host, says that it was fenced; `pp db rejoin` lifts that. */
export function isTagged(state: ClusterState, host: string): boolean {
  return (
    memberOf(state, host).machine?.isFenced === true ||
    state.poolers.some(({fencedMembers}) => fencedMembers.includes(host))
  )
}

/** Whether pp can act on a pooler's host, and what to do there is known. */
export const isReachable = (pooler: PoolerState): boolean =>
  pooler.isHelperCurrent && pooler.processes.length > 0

/** The member that accepts writes, when there is one and no second. */
export function solePrimary(state: ClusterState): string | undefined {
  const [primary, second] = writableMembers(state)
  return second === undefined ? primary : undefined
}

/**
 * Whether the only writable member has probably been replaced by one that cannot be asked: it was fenced, or no pooler
 * leads to it, while the one that they lead to is silent and not known to be behind. What is built on it would lose the
 * writes of the real primary.
 *
 * @returns both members, and what says so.
 */
export function replacedPrimary(state: ClusterState) {
  const primary = solePrimary(state)
  if (primary === undefined) return undefined
  const timeline = memberOf(state, primary).session?.timeline ?? 0
  const unasked = state.members.filter(
    ({session, machine}) =>
      !session && (machine?.control === undefined || machine.control.timeline > timeline),
  )
  const targets = state.poolers.flatMap(({fileTarget}) => fileTarget ?? [])
  const led = unasked.find(({host}) => targets.includes(host) && !targets.includes(primary))
  if (led) return {primary, by: led.host, because: `poolers lead to ${led.host}`}
  const [silent] = unasked
  return silent && isTagged(state, primary)
    ? {primary, by: silent.host, because: `${primary} was fenced`}
    : undefined
}

/** Name of the physical slot of a standby on its upstream. */
export function slotName(host: string): string {
  return host.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
}

/** Whether the control file says that a primary was stopped in order and nothing was written after. */
export function isCleanlyStopped(
  control: ControlState | undefined,
  timeline: number,
): control is ControlState {
  return control?.state === 'shut down' && control.timeline === timeline
}

export function streamsFrom(member: MemberState, upstream: string): boolean {
  return member.session?.isInRecovery === true && member.session.upstream === upstream
}

/** Bytes of WAL of the primary that this standby has not replayed. */
export function lagBytes(primary: MemberState, standby: MemberState): number | undefined {
  if (!primary.session || !standby.session) return undefined
  const distance = lsnBytes(primary.session.lsn) - lsnBytes(standby.session.lsn)
  return distance > 0n ? Number(distance) : 0
}

/** Whether clients of every process on this pooler host reach `host` and nobody is held. */
export function routesTo(pooler: PoolerState, host: string): boolean {
  return (
    pooler.fileTarget === host &&
    pooler.processes.length > 0 &&
    pooler.processes.every((process) =>
      process.entries.every((entry) => entry.target === host && !entry.isPaused),
    )
  )
}

export function isPaused(pooler: PoolerState): boolean {
  return pooler.processes.some((process) => process.entries.some((entry) => entry.isPaused))
}

/** How long the least patient client waits while the poolers are paused, seconds. */
export function patienceSeconds(state: ClusterState, clientTimeoutSeconds: number): number {
  const timeouts = state.poolers.flatMap((pooler) =>
    pooler.processes.flatMap((process) => [
      process.queryWaitTimeoutSeconds,
      process.clientLoginTimeoutSeconds,
    ]),
  )
  // To PgBouncer 0 is for ever.
  return Math.min(clientTimeoutSeconds, ...timeouts.filter((seconds) => seconds > 0))
}
