import {refusal} from '../errors.ts'
import type {LossLimit} from '../loss-limit.ts'
import type {Refused} from '../operation/types.ts'
import {memberOf, patienceSeconds, replacedPrimary, solePrimary, writableMembers} from './facts.ts'
import {rankCandidates, showRanking, type Ranking} from './rank.ts'
import {namesAfterChange} from './synchronous.ts'
import {twoWritable} from './two-writable.ts'
import type {ClusterState, SwitchoverIntent} from './types.ts'

/** One WAL segment. */
export const defaultMaxLagBytes = 16 * 1024 * 1024

/** What the operator asked for; the planner's intent is this with everything resolved. */
export interface ChangeRequest {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly maxLagBytes: number
  readonly pauseSeconds: number
  readonly windowSeconds: number
  readonly acceptUnlogged: boolean
  readonly acceptSlotLoss: boolean
  /** Refuse when the other way would be taken. */
  readonly insist: 'planned' | 'unplanned' | undefined
  readonly maxLoss: LossLimit | undefined
  /** Promote also when nothing proves that the lost primary does not write. */
  readonly forceUnfenced: boolean
  /** A second unplanned change within the hour. */
  readonly again: boolean
  /** Start a dead primary where it is, instead of another one. */
  readonly restart?: boolean
}

export interface AlreadySo {
  readonly kind: 'already'
  readonly database: string
  /** Who was named as the primary that was to change. */
  readonly from?: string | undefined
  readonly primary: string
  readonly timeline?: number | undefined
  readonly why: string
}

/** @throws PpError PRIMARY_REPLACED when the only writable member is probably none that should be. */
export function refuseReplaced(state: ClusterState): void {
  const replaced = replacedPrimary(state)
  if (!replaced) return
  const {primary, by, because} = replaced
  throw refusal('PRIMARY_REPLACED', {
    message: `${primary} accepts writes, but ${because}, and ${by} does not answer: it may be the primary that replaced ${primary}.`,
    hint: `Bring ${by} back, or get the network back; then look who is on the higher timeline: pp db status ${state.database}`,
  })
}

/** A compare-and-set that is met already is success. */
export function alreadySo(
  state: ClusterState,
  {from, to}: Partial<Pick<ChangeRequest, 'from' | 'to'>>,
): AlreadySo | undefined {
  const primary = solePrimary(state)
  if (primary === undefined || replacedPrimary(state)) return undefined
  if (to === primary)
    return already(state, {primary, from, why: `${primary} is primary of ${state.database} already`})
  if (from !== undefined && from !== primary)
    return already(state, {
      primary,
      from,
      why: `${from} is not primary of ${state.database} any more; ${primary} is`,
    })
  return undefined
}

/** A primary that accepts writes need not be started. */
export function startedAlready(state: ClusterState): AlreadySo | undefined {
  const primary = solePrimary(state)
  if (primary === undefined || replacedPrimary(state)) return undefined
  return already(state, {primary, from: primary, why: `${primary} accepts writes`})
}

function already(state: ClusterState, so: Pick<AlreadySo, 'primary' | 'from' | 'why'>): AlreadySo {
  const timeline = memberOf(state, so.primary).session?.timeline
  return {kind: 'already', database: state.database, timeline, ...so}
}

export type Resolved =
  {readonly kind: 'intent'; readonly intent: SwitchoverIntent; readonly ranking: Ranking} | Refused

/** Which change of a healthy primary the request means now. */
export function resolveRequest(
  state: ClusterState,
  request: ChangeRequest,
  clientTimeoutSeconds: number,
): Resolved {
  const [primary, second] = writableMembers(state)
  if (primary === undefined) throw new Error('asked without a primary')
  if (second !== undefined) return twoWritable(state, [primary, second])
  const ranking = rankCandidates(state, primary, request.to)
  // One that was asked for and cannot: the checks say why, with the way out of each.
  const to = request.to ?? ranking.best
  if (to === undefined) {
    return refused(
      'NO_CANDIDATE',
      `No standby can take over from ${primary}: ${showRanking(ranking) || 'there is none'}.`,
      'pp db status',
    )
  }
  if (memberOf(state, to).tags.includes('no-failover'))
    return {kind: 'refused', ...heldBackError(to, state.database)}
  const {session} = memberOf(state, primary)
  const {maxLagBytes, pauseSeconds, windowSeconds, acceptUnlogged, acceptSlotLoss} = request
  return {
    kind: 'intent',
    ranking,
    intent: {
      database: state.database,
      from: primary,
      to,
      timeline: session?.timeline ?? 0,
      systemIdentifier: session?.systemIdentifier ?? '',
      maxLagBytes,
      pauseSeconds,
      windowSeconds,
      patienceSeconds: patienceSeconds(state, clientTimeoutSeconds),
      synchronousNames: namesAfterChange(session?.settings.synchronousStandbyNames ?? '', primary, to),
      acceptUnlogged,
      acceptSlotLoss,
    },
  }
}

function refused(code: string, reason: string, hint: string): Resolved {
  return {kind: 'refused', code, reason, hint}
}

/** An operator has said that this member shall not become primary. */
export const heldBackError = (host: string, database: string) => ({
  code: 'TAGGED_NO_FAILOVER',
  reason: `${host} is tagged no-failover: it shall not become primary of ${database}.`,
  hint: `pp db tag ${host} --remove no-failover`,
})
