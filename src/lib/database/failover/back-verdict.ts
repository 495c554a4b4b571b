import type {Verdict} from '../../operation/types.ts'
import {memberOf, isPaused, isWritable, primaryMissing, writableMembers} from '../facts.ts'
import type {BeforeImages, ClusterState, Memory} from '../types.ts'
import {verdict} from '../verdict.ts'
import type {FailoverIntent} from './types.ts'

/**
 * What a change after a loss has become that was taken back. Without a primary, as before, it is done when poolers and
 * standbys are as before and nothing is left of a fence; what pp itself has taken out of service needs a human.
 *
 * @param asBefore in words, for when nobody is primary.
 */
export function backVerdict(
  state: ClusterState,
  intent: FailoverIntent,
  memory: Memory,
  asBefore: string,
): Verdict {
  const writable = writableMembers(state)
  const out = outOfService(state, intent, memory)
  const marks = fenceMarks(state, intent, memory)
  if (writable.length > 0) {
    const found = verdict(state, intent.from, intent.timeline)
    const isWorse = found.outcome === 'done' && marks.length > 0
    return {
      outcome: out.length > 0 ? 'human' : isWorse ? 'degraded' : found.outcome,
      findings: [...found.findings, ...out, ...marks],
    }
  }
  const {poolers, members} = memory.before ?? {poolers: [], members: []}
  const astray = [
    ...marks,
    ...poolersAstray(state, poolers, intent),
    ...standbysAstray(state, members, intent),
  ]
  return {
    outcome: out.length > 0 ? 'human' : astray.length > 0 ? 'degraded' : 'done',
    findings: [`${asBefore}: ${primaryMissing(state)}`, ...out, ...astray],
  }
}

/** Members that served before, or would have started again by themselves, and do not because of this operation. */
function outOfService(state: ClusterState, intent: FailoverIntent, memory: Memory): readonly string[] {
  const {from, to, condition, wereOff = []} = intent
  // All but a blackout's last primary accepted writes when it had a session.
  const wasWritable = condition !== 'read-only' && memory.before?.members.some(({host}) => host === from)
  const problems = (memory.fenced ?? []).flatMap(({host, by}) => {
    const {machine} = memberOf(state, host)
    const what = machine
      ? machine.isFenced && (host === from || host === to)
        ? `${host} was fenced by pp and still is: pp db rejoin ${host}`
        : undefined
      : wereOff.includes(host)
        ? undefined
        : whenSilent(host, by)
    return what === undefined ? [] : [{host, what}]
  })
  const isDown =
    wasWritable && !isWritable(memberOf(state, from)) && !problems.some(({host}) => host === from)
  return [
    ...problems.map(({what}) => what),
    ...(isDown
      ? [`${from} accepted writes before, and does not now: pp failover db ${intent.database}`]
      : []),
  ]
}

function whenSilent(host: string, by: string | undefined): string | undefined {
  if (by === 'power')
    return `${host} has no power: this operation has cut it, and nothing turns it on again. Turn it on, then: pp db status`
  // Isolated or outvoted it still runs; the poolers' marks tell.
  if (by !== 'ssh' && by !== undefined) return undefined
  return `${host} does not answer, and may be fenced or have no power because of pp. Look at it, then: pp db status`
}

/** Poolers' hosts that still say that somebody was fenced by this operation: that member's boot gate keeps it read-only. */
function fenceMarks(
  state: ClusterState,
  {from, condition}: FailoverIntent,
  {fenced = []}: Memory,
): readonly string[] {
  const ours = new Set([...fenced.map(({host}) => host), ...(condition === 'read-only' ? [] : [from])])
  return state.poolers.flatMap(({host, fencedMembers}) =>
    fencedMembers
      .filter((member) => ours.has(member))
      .map(
        (member) =>
          `${host} still says that ${member} was fenced, so it starts read-only: pp db rejoin ${member}`,
      ),
  )
}

function poolersAstray(
  state: ClusterState,
  before: BeforeImages['poolers'],
  {from}: FailoverIntent,
): readonly string[] {
  return before.flatMap(({host, target, loginRetrySeconds}) => {
    const now = state.poolers.find((pooler) => pooler.host === host)
    const answered = Object.keys(loginRetrySeconds).length > 0
    if (!now || now.processes.length === 0)
      return answered
        ? [
            `${host} does not answer any more: it may hold its clients, and still say that ${from} was fenced. Once it answers: pp db check`,
          ]
        : []
    const {fileTarget = target} = now
    const leadsElsewhere = fileTarget !== target && fileTarget !== from
    return [
      ...(isPaused(now) ? [`${host} is paused: pp db check`] : []),
      ...(now.isGuardArmed ? [`the guard on ${host} is still armed`] : []),
      ...(leadsElsewhere ? [`${host} leads to ${fileTarget}, not to ${target} as before: pp db check`] : []),
    ]
  })
}

function standbysAstray(
  state: ClusterState,
  before: BeforeImages['members'],
  {from, condition}: FailoverIntent,
): readonly string[] {
  return before
    .filter(({host}) => host !== from || condition === 'read-only')
    .flatMap(({host, settings}) => {
      const {session, problems} = memberOf(state, host)
      if (!session)
        return [`${host} does not answer any more${problems[0] ? `: ${problems[0]}` : ''}. pp db status`]
      const isSame =
        session.settings.primaryConninfo === settings.primaryConninfo &&
        session.settings.synchronousStandbyNames === settings.synchronousStandbyNames
      return isSame ? [] : [`${host} has other replication settings than before: pp db status`]
    })
}
