import {rankCandidates} from './preflight.ts'
import {isWritable, memberOf, patienceSeconds, writableMembers} from './facts.ts'
import {namesAfterChange} from './synchronous.ts'
import type {ClusterState, SwitchoverIntent} from './types.ts'

/** What the operator asked for; the planner's intent is this with everything resolved. */
export interface ChangeRequest {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly maxLagBytes: number
  readonly pauseSeconds: number
  readonly windowSeconds: number
  readonly acceptUnlogged: boolean
  readonly acceptSlotLoss: boolean
}

export type Resolved =
  | {readonly kind: 'intent'; readonly intent: SwitchoverIntent}
  | {readonly kind: 'already'; readonly primary: string; readonly why: string}
  | {readonly kind: 'refused'; readonly code: string; readonly reason: string; readonly hint: string}

/** Which change of primary the request means now; a compare-and-set that is met already is success. */
export function resolveRequest(
  state: ClusterState,
  request: ChangeRequest,
  clientTimeoutSeconds: number,
): Resolved {
  const [primary, second] = writableMembers(state)
  if (primary === undefined) return noPrimary(state)
  if (second !== undefined)
    return refused('TWO_WRITABLE', `${primary} and ${second} both accept writes.`, 'pp db status')
  if (request.to === primary)
    return {kind: 'already', primary, why: `${primary} is primary of ${state.database} already`}
  if (request.from !== undefined && request.from !== primary) {
    return {
      kind: 'already',
      primary,
      why: `${request.from} is not primary of ${state.database} any more; ${primary} is`,
    }
  }
  const {best, rejected} = rankCandidates(state, primary)
  const to = request.to ?? best
  if (to === undefined) {
    return refused(
      'NO_CANDIDATE',
      `No standby can take over from ${primary}: ${rejected.join(', ') || 'there is none'}.`,
      'pp db status',
    )
  }
  const {session} = memberOf(state, primary)
  const {maxLagBytes, pauseSeconds, windowSeconds, acceptUnlogged, acceptSlotLoss} = request
  return {
    kind: 'intent',
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

function noPrimary(state: ClusterState): Resolved {
  const seen = state.members.map(
    (member) =>
      `${member.host} ${member.session ? (isWritable(member) ? 'primary' : 'standby') : (member.problems[0] ?? 'no answer')}`,
  )
  return refused(
    'PRIMARY_UNREACHABLE',
    `No member of ${state.database} accepts writes: ${seen.join('; ')}.`,
    'This version changes a healthy primary only. Bring the primary back, then look: pp db status',
  )
}

function refused(code: string, reason: string, hint: string): Resolved {
  return {kind: 'refused', code, reason, hint}
}
