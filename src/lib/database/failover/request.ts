import {refusal} from '../../errors.ts'
import type {LossLimit} from '../../loss-limit.ts'
import {refusedPlan} from '../../operation/refused.ts'
import type {Cluster} from '../cluster.ts'
import {parseConninfo} from '../conninfo.ts'
import {memberOf, patienceSeconds, writableMembers} from '../facts.ts'
import {journalsSince} from '../journals.ts'
import {lsnOf, rankStandbys, showRanking, type Ranking} from '../rank.ts'
import {heldBackError, type ChangeRequest} from '../request.ts'
import {namesAfterChange, synchronousStandbys} from '../synchronous.ts'
import {twoWritable} from '../two-writable.ts'
import type {Check, ClusterState, MemberState} from '../types.ts'
import {Failover} from './failover.ts'
import {leftBehind} from './left-behind.ts'
import {contradiction, isolationProblem, outvoteProblem} from './fence.ts'
import {acceptLoss, isWithin, lossBound, showBound, showLimit} from './loss.ts'
import {heartbeatOf, unknownNames} from './heartbeat.ts'
import {loweredFor} from './lowered.ts'
import {recently, secondFailover} from './recent.ts'
import {showEvidence} from './show.ts'
import type {Classified, Evidence, FailoverIntent, Position} from './types.ts'

/**
 * The member whose state decides what is to be done: the writable one, else the one that poolers lead to and standbys
 * were streaming from.
 *
 * @throws PpError PRIMARY_UNKNOWN, PRIMARY_DIFFERENT.
 */
export function suspectedPrimary(state: ClusterState, {from}: ChangeRequest): string {
  const [primary] = writableMembers(state)
  if (primary !== undefined) return primary
  const known = lastPrimary(state)
  if (from !== undefined && known !== undefined && from !== known)
    throw refusal('PRIMARY_DIFFERENT', {
      message: `${from} was not the primary of ${state.database}: poolers and standbys say that ${known} was.`,
      hint: `pp failover db ${state.database} --from ${known}`,
    })
  const host = from ?? known
  if (host !== undefined && memberOf(state, host).session) throw noPrimary(state, host)
  if (host !== undefined) return host
  if (state.members.every(({session}) => session)) throw noPrimary(state, undefined)
  throw refusal('PRIMARY_UNKNOWN', {
    message: `No member of ${state.database} accepts writes, and poolers and standbys do not agree who did.`,
    hint: `Say who it was: pp failover db ${state.database} --from HOST`,
  })
}

// As after a blackout in which no majority answered: every member waits, and none may decide by itself.
function noPrimary(state: ClusterState, host: string | undefined): Error {
  return refusal('NO_PRIMARY', {
    message: `No member of ${state.database} accepts writes; ${host === undefined ? 'all of them run as standbys' : `${host}, which did, runs as a standby`}.`,
    hint: `Open the most advanced member: pp db open ${state.database}`,
  })
}

/**
 * Of two members that accept writes the one on the lower timeline was replaced, and came back or was never fenced: it is
 * fenced at once, and the other one is primary. Undefined when there are not two.
 *
 * @throws PpError TWO_WRITABLE, exit 13, when the timelines do not tell; exit 3 when the request names others.
 */
export function secondPrimary(
  cluster: Cluster,
  state: ClusterState,
  request: ChangeRequest,
): {readonly work: Failover; readonly checks: readonly Check[]} | undefined {
  const [first, second] = writableMembers(state)
    .map((host) => memberOf(state, host))
    .toSorted((one, other) => timelineOf(one) - timelineOf(other))
  if (!first || !second) return undefined
  const [from, to] = [first.host, second.host]
  const timeline = timelineOf(second) - 1
  if (timelineOf(first) > timeline) throw refusedPlan(twoWritable(state, [from, to]))
  if ((request.from ?? from) !== from || (request.to ?? to) !== to)
    throw refusal('TWO_WRITABLE', {
      message: `${from} and ${to} both accept writes; ${to} was promoted later (timeline ${timelineOf(second)}, ${from} is on ${timelineOf(first)}).`,
      hint: `Fence the one that was replaced first: pp failover db ${state.database} --from ${from}`,
    })
  const follower = state.members.find((member) => member.session?.isInRecovery === true)
  const template = follower?.session?.settings.primaryConninfo ?? 'user=pp_replication'
  const because = `${to} was promoted after it (timeline ${timelineOf(second)}, it is on ${timelineOf(first)})`
  const {synchronousStandbyNames: synchronousNames = ''} = second.session?.settings ?? {}
  const work = new Failover(
    cluster,
    {
      database: state.database,
      from,
      to,
      timeline,
      systemIdentifier: second.session?.systemIdentifier ?? '',
      maxLagBytes: 0,
      pauseSeconds: 0,
      windowSeconds: 0,
      patienceSeconds: patienceSeconds(state, cluster.database.clientTimeoutSeconds),
      synchronousNames,
      acceptUnlogged: true,
      acceptSlotLoss: true,
      condition: 'second-primary',
      because,
      maxLoss: {bytes: undefined, seconds: undefined},
      conninfo: template,
      lostSynchronousNames: synchronousNames,
      isFenceForced: false,
    },
    state,
  )
  const loss: Check = {
    id: 'loss.bound',
    status: 'warn',
    measured: `what ${from} took since ${to} was promoted stays on its disk; pp db rejoin keeps it aside`,
    limit: 'any',
    hint: `pp db rejoin ${from}`,
  }
  return {work, checks: [loss]}
}

const timelineOf = ({session}: MemberState): number => session?.timeline ?? 0

/** Whom the poolers lead to and the standbys follow; undefined when they do not agree. */
export function lastPrimary(state: ClusterState): string | undefined {
  const targets = state.poolers.flatMap((pooler) => pooler.fileTarget ?? [])
  const upstreams = state.members.flatMap(({session}) =>
    session?.isInRecovery === true ? (parseConninfo(session.settings.primaryConninfo).get('host') ?? []) : [],
  )
  const [named, other] = new Set([...targets, ...upstreams])
  return other === undefined && state.members.some(({host}) => host === named) ? named : undefined
}

/** @throws PpError PRIMARY_ALIVE, PRIMARY_LOST when the other way was insisted on; PRIMARY_ALIVE when only we are cut off. */
export function assertInsisted({insist}: ChangeRequest, evidence: Evidence, found: Classified): void {
  const shown = `\n${showEvidence(evidence)}`
  if (
    found.condition === 'unreachable-from-here' ||
    (insist === 'unplanned' && found.condition === 'healthy')
  )
    throw refusal('PRIMARY_ALIVE', {
      message: `${evidence.host} is alive: ${found.because}.${shown}`,
      hint:
        found.condition === 'healthy'
          ? 'Move it as planned: pp failover db --planned'
          : 'Look at the network between here and there, or run pp from another machine: pp status',
    })
  if (insist === 'planned' && found.condition !== 'healthy')
    throw refusal('PRIMARY_LOST', {
      message: `${evidence.host} cannot hand over (${found.condition}): ${found.because}.${shown}`,
      hint: 'pp failover db --unplanned',
    })
}

/**
 * Everything that can be known before the first act, so that a refusal touches nothing.
 *
 * @throws PpError NO_CANDIDATE, FENCE_IMPOSSIBLE, DATA_LOSS_OVER_LIMIT, VOTERS_MISSING, FAILED_OVER_RECENTLY.
 */
export async function unplanned({
  cluster,
  state,
  request,
  evidence,
  found,
}: {
  readonly cluster: Cluster
  readonly state: ClusterState
  readonly request: ChangeRequest
  readonly evidence: Evidence
  readonly found: Classified
}): Promise<{readonly work: Failover; readonly checks: readonly Check[]; readonly ranking: Ranking}> {
  const {database} = cluster
  const from = evidence.host
  if (!request.again) {
    const now = Date.now()
    const second = secondFailover(
      database.name,
      await journalsSince(cluster, state.voters, recently(now)),
      now,
    )
    if (second) throw second
  }
  const standbys = state.members.filter((member) => leftBehind(state, member, from) === undefined && member.machine && member.session) // prettier-ignore
  const {to, ranking} = chooseCandidate(state, from, request.to)
  const hosts = standbys.map(({host}) => host)
  const [heartbeat, lowered] = await Promise.all([
    heartbeatOf(cluster, hosts, from),
    loweredFor(cluster, to.host),
  ])
  const own = memberOf(state, from).session?.settings.synchronousStandbyNames
  // What a standby itself has set says nothing of what commits waited for.
  const lostSynchronousNames = own ?? heartbeat?.synchronousNames ?? ''
  // For the new primary it is better than nothing.
  const names = own ?? heartbeat?.synchronousNames ?? to.session?.settings.synchronousStandbyNames ?? ''
  const lostNamesUnknown = own === undefined ? unknownNames(heartbeat) : undefined
  const isSynchronous = synchronousStandbys(lostSynchronousNames) > 0
  const maxLoss = request.maxLoss ?? (isSynchronous ? noLoss : database.maxLoss)
  if (!request.forceUnfenced)
    await assertFence(evidence, cluster, {
      from,
      to: to.host,
      lostSynchronousNames,
      lostNamesUnknown,
      standbys: hosts,
    })
  const bound = lossBound({
    from,
    unread: [],
    members: database.members,
    synchronousNames: lostSynchronousNames,
    namesUnknown: lostNamesUnknown,
    loweredFor: lowered,
    positions: standbys.map(positionOf),
    endOnDisk: undefined,
    isDiskReadable: evidence.machine !== undefined,
    heartbeatAgeSeconds: heartbeat?.ageSeconds,
  })
  const checks: Check[] = [
    {
      id: 'loss.bound',
      status: isWithin(bound, maxLoss) ? 'pass' : 'fail',
      measured: `${showBound(bound)}: ${bound.because}`,
      limit: showLimit(maxLoss),
      hint: acceptLoss(bound, database.name, from),
    },
  ]
  const [over] = checks.filter((check) => check.status === 'fail')
  if (over)
    throw refusal('DATA_LOSS_OVER_LIMIT', {
      message: `${to.host} may lack ${over.measured}; the limit is ${over.limit}. Nothing was changed.`,
      hint: over.hint,
    })
  const intent: FailoverIntent = {
    database: database.name,
    from,
    to: to.host,
    timeline: to.session?.timeline ?? 0,
    systemIdentifier: to.session?.systemIdentifier ?? '',
    maxLagBytes: request.maxLagBytes,
    pauseSeconds: request.pauseSeconds,
    windowSeconds: request.windowSeconds,
    patienceSeconds: patienceSeconds(state, database.clientTimeoutSeconds),
    synchronousNames: namesAfterChange(names, from, to.host),
    acceptUnlogged: request.acceptUnlogged,
    acceptSlotLoss: request.acceptSlotLoss,
    condition: found.condition,
    because: found.because,
    maxLoss,
    conninfo: to.session?.settings.primaryConninfo ?? '',
    lostSynchronousNames,
    lostNamesUnknown,
    wereOff: evidence.power === 'off' ? [from] : [],
    isFenceForced: request.forceUnfenced,
  }
  return {work: new Failover(cluster, intent, state), checks, ranking}
}

export const noLoss: LossLimit = {bytes: 0, seconds: undefined}
function chooseCandidate(state: ClusterState, from: string, asked: string | undefined) {
  if (asked !== undefined && memberOf(state, asked).tags.includes('no-failover')) {
    const {code, reason, hint} = heldBackError(asked, state.database)
    throw refusal(code, {message: reason, hint})
  }
  const ranking = rankStandbys(state, from, asked)
  if (ranking.best !== undefined) return {ranking, to: memberOf(state, ranking.best)}
  const why = asked === undefined ? ranking.losers : ranking.losers.filter(({host}) => host === asked)
  throw refusal('NO_CANDIDATE', {
    message: `${asked === undefined ? 'No standby can' : `${asked} cannot`} take over from ${from}: ${showRanking({...ranking, losers: why}) || 'there is none'}.`,
    hint: `pp db status ${state.database}`,
  })
}

export function positionOf(member: MemberState): Position {
  const {host, session} = member
  return {
    host,
    lsn: lsnOf(member),
    replayedLsn: session?.lsn ?? '0/0',
    timeline: session?.timeline ?? 0,
    systemIdentifier: session?.systemIdentifier ?? '',
  }
}

/** The methods are asked beforehand: one that does not answer now would leave everything half done. */
async function assertFence(
  {machine, power, powerSaid, host, standbys, poolers}: Evidence,
  cluster: Cluster,
  ballot: Parameters<typeof outvoteProblem>[1],
): Promise<void> {
  if (machine) return
  const hearing = [...standbys, ...poolers].filter(({reach}) => reach === 'open' || reach === 'refused')
  if (power === 'off' && hearing.length > 0)
    throw refusal(
      'FENCE_CONTRADICTED',
      contradiction(
        host,
        powerSaid ?? 'off',
        hearing.map((view) => view.host),
      ),
    )
  if (power !== undefined) return
  const isolation = isolationProblem(cluster)
  if (isolation === undefined) return
  const quorum = await outvoteProblem(cluster, ballot)
  if (quorum === undefined) return
  const switchSays =
    cluster.fleet.power === undefined
      ? 'the fleet file names no power switch (fence.power)'
      : `its power switch does not answer (${powerSaid ?? 'no answer'})`
  const problems = ['its host does not answer SSH', switchSays, ...new Set([isolation, quorum])]
  throw refusal('FENCE_IMPOSSIBLE', {
    message: `Nothing can prove that ${host} does not write: ${problems.join('; ')}.`,
    hint: `Make one of them work; or see yourself that ${host} has no power, then: pp failover db ${cluster.database.name} --force-unfenced`,
  })
}
