import {refusal} from '../../errors.ts'
import type {Database, Fleet} from '../../fleet/types.ts'
import {refusedPlan} from '../../operation/refused.ts'
import {nothingAnswers} from '../change.ts'
import {refuseWhileUnfinished} from '../adopt.ts'
import {Cluster} from '../cluster.ts'
import {isTagged, memberOf, patienceSeconds} from '../facts.ts'
import {powerOf} from '../failover/evidence.ts'
import {heartbeatOf, unknownNames} from '../failover/heartbeat.ts'
import {isWithin, lossBound, showBound, showLimit} from '../failover/loss.ts'
import {loweredFor} from '../failover/lowered.ts'
import {lastPrimary, noLoss, positionOf} from '../failover/request.ts'
import type {FailoverStep, LossBound} from '../failover/types.ts'
import {observeCluster} from '../observe.ts'
import {rankStandbys, showRanking, type Ranking} from '../rank.ts'
import {alreadySo, heldBackError, refuseReplaced, type AlreadySo} from '../request.ts'
import {requireMember} from '../require-member.ts'
import {namesAfterChange, synchronousStandbys} from '../synchronous.ts'
import type {Check, ClusterState, MemberState} from '../types.ts'
import {Opening} from './opening.ts'
import {unreadMembers, type OpenIntent} from './plan.ts'

export interface OpenRequest {
  readonly to: string | undefined
  /** Members that do not answer, given up by name. */
  readonly without: readonly string[]
}

export interface PreparedOpen {
  readonly kind: 'open'
  readonly cluster: Cluster
  readonly work: Opening
  readonly steps: readonly FailoverStep[]
  readonly checks: readonly Check[]
  readonly ranking: Ranking
  /** Members that do not answer, and why each is no danger. */
  readonly silent: readonly SilentMember[]
  readonly fingerprint: string
}

/** A member of which nothing can be read, and what makes it harmless; undefined: nothing does. */
export interface SilentMember {
  readonly host: string
  readonly harmless: string | undefined
  readonly isOff?: boolean
}

/**
 * Looks at all members of a cluster without a primary, and plans; the cluster stays connected when there is something to do.
 *
 * @throws PpError with exit 3 when it cannot be done safely, 6 when an operation is unfinished.
 */
export async function prepareOpen(
  fleet: Fleet,
  database: Database,
  request: OpenRequest,
): Promise<PreparedOpen | AlreadySo> {
  for (const host of [request.to ?? [], request.without].flat()) requireMember(database, host)
  const cluster = await Cluster.open(fleet, database)
  try {
    const state = await observeCluster(cluster)
    if (state.members.every((member) => !member.machine && !member.session))
      throw nothingAnswers(database, state)
    const already = asPrimary(state)
    if (already) {
      await cluster.close()
      return already
    }
    await refuseWhileUnfinished(cluster)
    refuseReplaced(state)
    requireMajority(state)
    await requireNobodyWrites(cluster)
    const {to, ranking} = chooseMember(state, request.to)
    const from = lastPrimaryBefore(state, to)
    const answering = state.members.filter(({session}) => session).map(({host}) => host)
    const heartbeat = from === undefined ? undefined : await heartbeatOf(cluster, answering, from)
    const namesUnknown = unknownNames(heartbeat)
    const names = heartbeat?.synchronousNames ?? to.session?.settings.synchronousStandbyNames ?? ''
    const limit = synchronousStandbys(names) > 0 ? noLoss : database.maxLoss
    const lowered = await loweredFor(cluster, to.host)
    const unread = unreadMembers(state, to.session?.timeline ?? 0)
    const bound = boundOf(state, {
      from,
      unread,
      names,
      namesUnknown,
      lowered,
      heartbeatAgeSeconds: heartbeat?.ageSeconds,
    })
    const silent = await silentMembers(cluster, state, {unread, without: request.without})
    const mayHaveMore = from === undefined ? unread : [from]
    const isAccepted = mayHaveMore.length > 0 && mayHaveMore.every((host) => request.without.includes(host))
    const endangering = silent.filter(
      ({host, harmless}) =>
        !request.without.includes(host) &&
        (harmless === undefined || (mayHaveMore.includes(host) && !isWithin(bound, limit))),
    )
    if (endangering.length > 0) throw membersMissing(database.name, {endangering, bound, request})
    const intent: OpenIntent = {
      database: database.name,
      from: from ?? to.host,
      isFromKnown: from !== undefined,
      to: to.host,
      timeline: to.session?.timeline ?? 0,
      systemIdentifier: to.session?.systemIdentifier ?? '',
      maxLagBytes: 0,
      pauseSeconds: 0,
      windowSeconds: fleet.timings.windowSeconds,
      patienceSeconds: patienceSeconds(state, database.clientTimeoutSeconds),
      synchronousNames: namesAfterChange(names, from ?? to.host, to.host),
      acceptUnlogged: true,
      acceptSlotLoss: true,
      condition: 'read-only',
      because: 'every member that answers is read-only',
      maxLoss: isAccepted ? {bytes: undefined, seconds: undefined} : limit,
      conninfo: conninfoOf(state),
      lostSynchronousNames: names,
      lostNamesUnknown: namesUnknown,
      wereOff: silent.filter(({isOff}) => isOff).map(({host}) => host),
      isFenceForced: false,
      without: request.without,
    }
    const work = new Opening(cluster, intent, state)
    const plan = work.plan('forward', [])
    if (plan.kind === 'refused') throw refusedPlan(plan)
    const checks: Check[] = [
      {
        id: 'loss.bound',
        status: isWithin(bound, limit) ? 'pass' : 'warn',
        measured: `${showBound(bound)}: ${bound.because}`,
        limit: showLimit(intent.maxLoss),
        hint: 'pp status',
      },
    ]
    const {steps} = plan
    return {kind: 'open', cluster, work, steps, checks, ranking, silent, fingerprint: work.fingerprint()}
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** Whom poolers and standbys name, unless `to` is of a later timeline: then somebody was promoted after it. */
function lastPrimaryBefore(state: ClusterState, to: MemberState): string | undefined {
  const host = lastPrimary(state)
  const timeline = host === undefined ? undefined : memberOf(state, host).session?.timeline
  return timeline !== undefined && timeline < (to.session?.timeline ?? 0) ? undefined : host
}

/** One primary is what was asked for; two are for `pp failover db`. */
function asPrimary(state: ClusterState): AlreadySo | undefined {
  const writable = state.members.filter(({session}) => session?.isInRecovery === false)
  const [first, second] = writable.map(({host}) => host)
  if (first !== undefined && second !== undefined)
    throw refusal('TWO_WRITABLE', {
      message: `${first} and ${second} both accept writes.`,
      hint: `The lower timeline is fenced at once: pp failover db ${state.database}`,
    })
  return alreadySo(state, {to: first})
}

/** Without a majority of the voters two operators could open two members. */
function requireMajority({voters, database}: ClusterState): void {
  const silent = voters.filter(({answers}) => !answers).map(({host}) => host)
  if ((voters.length - silent.length) * 2 > voters.length) return
  throw refusal('VOTERS_MISSING', {
    message: `${database}: only ${voters.length - silent.length} of ${voters.length} voters answer, and a majority is needed to lock it; no answer from ${silent.join(', ')}.`,
    hint: `Bring one of them back, whatever its role, then: pp db open ${database}. Hosts that are gone for good leave "voters" of the fleet file. pp status`,
  })
}

/** The poolers' hosts reach members that this machine may not. */
async function requireNobodyWrites(cluster: Cluster): Promise<void> {
  const {name, poolers} = cluster.database
  const seen = await Promise.all(
    poolers.map(async (pooler) => {
      const {acts} = cluster.links(pooler)
      const answer = await acts
        ?.call('ask-members', {target: name}, {timeoutSeconds: 5})
        .catch(() => undefined)
      const writable = answer?.members.find(({answered, inRecovery}) => answered && inRecovery === false)
      return writable && {pooler, host: writable.host}
    }),
  )
  const witness = seen.find((one) => one !== undefined)
  if (!witness) return
  throw refusal('PRIMARY_ALIVE', {
    message: `${witness.host} accepts writes, as ${witness.pooler} sees; only this machine does not reach it.`,
    hint: 'Look at the network between here and there, or run pp from another machine: pp status',
  })
}

function chooseMember(state: ClusterState, asked: string | undefined) {
  const {database} = state
  if (asked !== undefined && memberOf(state, asked).tags.includes('no-failover')) {
    const {code, reason, hint} = heldBackError(asked, database)
    throw refusal(code, {message: reason, hint})
  }
  const systems = new Set(state.members.flatMap(({session}) => session?.systemIdentifier ?? []))
  if (systems.size > 1)
    throw refusal('LINEAGE_DIFFERS', {
      message: `The members of ${database} hold the data of different clusters: systems ${[...systems].join(', ')}.`,
      hint: `pp db status ${database}`,
    })
  const ranking = rankStandbys(state, undefined, asked)
  if (ranking.best !== undefined) return {ranking, to: memberOf(state, ranking.best)}
  throw refusal('NO_CANDIDATE', {
    message: `${asked ?? 'No member'} can${asked === undefined ? '' : 'not'} be opened: ${showRanking(ranking)}.`,
    hint: `pp db status ${database}`,
  })
}

function boundOf(
  state: ClusterState,
  known: {
    readonly from: string | undefined
    readonly unread: readonly string[]
    readonly names: string
    readonly namesUnknown: string | undefined
    readonly lowered: readonly string[]
    readonly heartbeatAgeSeconds: number | undefined
  },
): LossBound {
  const {from, unread, names, namesUnknown, lowered, heartbeatAgeSeconds} = known
  return lossBound({
    from,
    unread,
    members: state.members.map(({host}) => host),
    synchronousNames: names,
    namesUnknown,
    loweredFor: lowered,
    positions: state.members.filter(({session}) => session).map(positionOf),
    endOnDisk: undefined,
    isDiskReadable: from !== undefined && !unread.includes(from),
    heartbeatAgeSeconds,
  })
}

async function silentMembers(
  cluster: Cluster,
  state: ClusterState,
  {unread, without}: {readonly unread: readonly string[]; readonly without: readonly string[]},
): Promise<readonly SilentMember[]> {
  return Promise.all(
    unread.map(async (host) => {
      if (isTagged(state, host)) return {host, harmless: 'it was fenced; its boot gate keeps it read-only'}
      const {machine} = memberOf(state, host)
      if (machine?.control && !machine.isRunning)
        return {host, harmless: 'its host says that PostgreSQL is stopped'}
      const power = await powerOf(cluster.fleet, host)?.state(2)
      if (power?.state === 'off') return {host, harmless: 'its power is off', isOff: true}
      return {host, harmless: without.includes(host) ? 'you have given it up by name' : undefined}
    }),
  )
}

function membersMissing(
  database: string,
  {
    endangering,
    bound,
    request,
  }: {
    readonly endangering: readonly SilentMember[]
    readonly bound: LossBound
    readonly request: OpenRequest
  },
) {
  const names = endangering.map(({host}) => host)
  const flags = [...request.without, ...names].map((host) => `--without ${host}`).join(' ')
  const why = endangering.map(
    ({host, harmless}) =>
      `${host} does not answer, ${harmless === undefined ? 'and nothing proves that it does not write' : `and though ${harmless}, it may have what no other member has`}`,
  )
  return refusal('MEMBERS_MISSING', {
    message: `${why.join('; ')}. At risk: ${showBound(bound)}: ${bound.because}. What a missing member has written alone is lost when it comes back. Nothing was changed.`,
    hint: `Bring it back, then try again; or see yourself that it has no power, and give it up by name: pp db open ${database} ${flags} --confirm ${database}`,
  })
}

/** Anybody's login to an upstream serves; without one it is made from what replication needs. */
const conninfoOf = (state: ClusterState): string =>
  state.members.map(({session}) => session?.settings.primaryConninfo ?? '').find((one) => one !== '') ??
  'user=pp_replication'
