import type {Verdict} from '../operation/types.ts'
import {isPaused, memberOf, primaryMissing, routesTo, streamsFrom, writableMembers} from './facts.ts'
import {canAcknowledge} from './synchronous.ts'
import type {ClusterState, SessionState} from './types.ts'

/**
 * The verdict from facts alone: one writable member, the right one, everybody follows it, nobody is held, and no commit
 * waits for standbys that are not there.
 *
 * @param absent a member that is lost and need not follow.
 */
export function verdict(
  state: ClusterState,
  primary: string,
  timeline: number,
  {synchronousNames, absent}: {readonly synchronousNames?: string; readonly absent?: string} = {},
): Verdict {
  const writable = writableMembers(state)
  if (writable.length > 1)
    return {outcome: 'human', findings: [`${writable.join(' and ')} both accept writes`]}
  if (writable.length === 0) {
    const areStandbys = state.members.every(({session}) => session)
    const wayOut = areStandbys ? `: pp db open ${state.database}` : ''
    return {outcome: 'human', findings: [`${primaryMissing(state)}${wayOut}`]}
  }
  if (writable[0] !== primary)
    return {outcome: 'different', findings: [`${writable[0] ?? ''} is primary, not ${primary}`]}
  const held = state.poolers.filter((pooler) => !routesTo(pooler, primary))
  const astray = state.members.filter(
    (member) => member.host !== primary && member.host !== absent && !streamsFrom(member, primary),
  )
  const session = memberOf(state, primary).session
  const findings = [
    ...held.map(
      (pooler) =>
        `${pooler.host} does not lead to ${primary}${isPaused(pooler) ? ' and is paused' : ''}${pooler.problems[0] ? `: ${pooler.problems[0]}` : ''}`,
    ),
    ...state.poolers
      .filter((pooler) => pooler.isGuardArmed)
      .map((pooler) => `the guard on ${pooler.host} is still armed`),
    ...astray.map(
      (member) =>
        `${member.host} does not stream from ${primary}${member.problems[0] ? `: ${member.problems[0]}` : ''}`,
    ),
    ...(synchronousNames === undefined || session?.settings.synchronousStandbyNames === synchronousNames
      ? []
      : [
          `${primary} does not wait for standbys as it should: synchronous_standby_names is ` +
            `"${session?.settings.synchronousStandbyNames ?? '?'}", not "${synchronousNames}"`,
        ]),
    ...unacknowledged(primary, session),
    ...(session?.timeline === timeline ? [] : [`timeline is ${session?.timeline ?? '?'}, not ${timeline}`]),
  ]
  return {outcome: findings.length > 0 ? 'degraded' : 'done', findings}
}

function unacknowledged(primary: string, session: SessionState | undefined): readonly string[] {
  const names = session?.settings.synchronousStandbyNames ?? ''
  const streaming = session?.followers.filter(({isStreaming}) => isStreaming).map(({name}) => name) ?? []
  if (canAcknowledge(names, streaming)) return []
  return [
    `every commit on ${primary} hangs: it waits for synchronous_standby_names "${names}", and too few of those stream (${streaming.join(', ') || 'nobody does'})`,
  ]
}
