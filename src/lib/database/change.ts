import {again} from '../again.ts'
import {counted} from '../counted.ts'
import {PpError, refusal, usageError} from '../errors.ts'
import type {PowerAnswer} from '../drivers/power/power.ts'
import type {Database, Fleet} from '../fleet/types.ts'
import {catchUp, chainOnVoters, takenOverElsewhere} from '../operation/elsewhere.ts'
import {armFailpoint} from '../operation/failpoint.ts'
import {newOperationId} from '../operation/id.ts'
import {Journal} from '../operation/journal.ts'
import {currentOperator} from '../operation/operator.ts'
import {refusedPlan} from '../operation/refused.ts'
import {announce} from '../operation/announce.ts'
import {runOperation, type Ending} from '../operation/run.ts'
import {openJournal, operationsFolder} from '../operation/store.ts'
import type {Direction} from '../operation/types.ts'
import type {Progress} from '../output/progress.ts'
import {refuseWhileUnfinished} from './adopt.ts'
import {Cluster} from './cluster.ts'
import {classify} from './failover/classify.ts'
import {gatherEvidence, powerOf} from './failover/evidence.ts'
import {Failover} from './failover/failover.ts'
import {assertInsisted, secondPrimary, suspectedPrimary, unplanned} from './failover/request.ts'
import type {Evidence, FailoverStep} from './failover/types.ts'
import {openedAs, type OpenedChange} from './intent.ts'
import {inWords} from './in-words.ts'
import {Opening} from './open/opening.ts'
import {observeCluster} from './observe.ts'
import {preflight} from './preflight.ts'
import {ProbeClient} from './probe.ts'
import {changeReport, type ChangeReport} from './report.ts'
import {requireMember} from './require-member.ts'
import type {Ranking} from './rank.ts'
import {Rejoin} from './rejoin/rejoin.ts'
import {
  alreadySo,
  refuseReplaced,
  resolveRequest,
  startedAlready,
  type AlreadySo,
  type ChangeRequest,
} from './request.ts'
import type {RestartForecast} from './restart/forecast.ts'
import {preparedRestart, restartCheck, restartForecast} from './restart/prepare.ts'
import {Restart, type RestartStep} from './restart/restart.ts'
import {Tagging} from './tag/tagging.ts'
import {tagKind} from './tag/kind.ts'
import {Switchover} from './switchover.ts'
import type {Check, ClusterState} from './types.ts'

type Change = Switchover | Failover | Rejoin | Opening | Restart | Tagging

/** What is acted on: looked at, planned, connected. */
export interface PreparedWork {
  readonly cluster: Cluster
  readonly work: Change
  readonly checks: readonly Check[]
  readonly fingerprint: string
  readonly evidence?: Evidence
  readonly ranking?: Ranking
}

/** A change of primary that was looked at and planned; nothing has been touched. */
export interface PreparedChange {
  readonly kind: 'change'
  readonly cluster: Cluster
  readonly work: Switchover | Failover | Restart
  readonly evidence: Evidence
  readonly steps: readonly (FailoverStep | RestartStep)[]
  readonly checks: readonly Check[]
  readonly ranking: Ranking
  readonly fingerprint: string
}

/**
 * Looks at the cluster and plans; the cluster stays connected when there is something to do.
 *
 * @throws PpError with exit 3 when a check fails or nothing can be done, 6 when an operation is unfinished.
 */
export async function prepareChange(
  fleet: Fleet,
  database: Database,
  request: ChangeRequest,
): Promise<PreparedChange | AlreadySo> {
  for (const host of [request.from, request.to]) if (host !== undefined) requireMember(database, host)
  const {from} = request
  const power = from === undefined || request.insist === 'planned' ? undefined : powerOf(fleet, from)
  const switchSaid: {answer?: Promise<PowerAnswer> | undefined} = {}
  const isOff = async (): Promise<boolean> => {
    switchSaid.answer = power?.state(2)
    return (await switchSaid.answer)?.state === 'off'
  }
  const absent = from !== undefined && power ? {host: from, isOff} : undefined
  const cluster = await Cluster.open(fleet, database, absent)
  void cluster.openLeases() // needed in a moment, and under way while everything is looked at
  try {
    let state = await observeCluster(cluster)
    if (state.members.every((member) => !member.machine && !member.session))
      throw nothingAnswers(database, state)
    const already =
      alreadySo(state, request) ?? (request.restart === true ? startedAlready(state) : undefined)
    if (already) {
      await cluster.close()
      return already
    }
    await refuseWhileUnfinished(cluster)
    refuseReplaced(state)
    const second = request.insist === 'planned' ? undefined : secondPrimary(cluster, state, request)
    if (second) {
      const evidence = await gatherEvidence(cluster, state, second.work.intent.from)
      return withSteps({cluster, evidence, ...second, ranking: {best: second.work.intent.to, losers: []}})
    }
    const host = suspectedPrimary(state, request)
    const isSilent = !cluster.links(host).connection
    let evidence = await gatherEvidence(
      cluster,
      state,
      host,
      isSilent && host === from ? await switchSaid.answer : undefined,
    )
    if (isSilent && cluster.links(host).connection) {
      // It was only slow, and its switch does not tell the truth.
      state = await observeCluster(cluster)
      evidence = await gatherEvidence(cluster, state, host)
    }
    const found = classify(evidence)
    assertInsisted(request, evidence, found)
    const forecast = await restartForecast(cluster, host, found)
    const way = await chooseWay({cluster, state, request, evidence, found, forecast})
    return withSteps({cluster, evidence, ...way})
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** @throws PpError with the reason why nothing can be done. */
function withSteps({
  cluster,
  work,
  evidence,
  checks,
  ranking,
}: Omit<PreparedChange, 'kind' | 'steps' | 'fingerprint'>): PreparedChange {
  const plan = work.plan('forward', [])
  if (plan.kind === 'refused') throw refusedPlan(plan)
  return {
    kind: 'change',
    cluster,
    work,
    evidence,
    steps: plan.steps,
    checks,
    ranking,
    fingerprint: work.fingerprint(),
  }
}

async function chooseWay({
  forecast,
  ...seen
}: Situation & {readonly forecast: RestartForecast | undefined}): Promise<Way> {
  const {cluster, state, request, evidence, found} = seen
  const {name} = cluster.database
  if (request.restart === true) {
    const restart = await preparedRestart(cluster, state, {host: evidence.host, found, forecast})
    return {...restart, ranking: {best: evidence.host, losers: []}}
  }
  if (found.condition === 'healthy') return planned(cluster, state, request)
  if (!forecast) return unplanned(seen)
  try {
    const way = await unplanned(seen)
    return {...way, checks: [...way.checks, restartCheck(forecast, name)]}
  } catch (error) {
    if (!(error instanceof PpError) || !forecast.isOffered) throw error
    const hint = `${error.hint}\nOr start it in place, ${forecast.because}: pp failover db ${name} --restart`
    throw new PpError(error.outcome, error.code, {message: error.message, hint, cause: error})
  }
}

type Situation = Parameters<typeof unplanned>[0]

interface Way {
  readonly work: PreparedChange['work']
  readonly checks: readonly Check[]
  readonly ranking: Ranking
}

function planned(cluster: Cluster, state: ClusterState, request: ChangeRequest) {
  const {fleet, database} = cluster
  const resolved = resolveRequest(state, request, database.clientTimeoutSeconds)
  if (resolved.kind === 'refused') throw refusedPlan(resolved)
  const checks = preflight(state, resolved.intent, fleet.timings.guardSeconds)
  const failed = checks.filter((check) => check.status === 'fail')
  if (failed.length > 0) throw checksFailed(database, failed)
  return {work: new Switchover(cluster, resolved.intent, state), checks, ranking: resolved.ranking}
}

/** Acts on a prepared change and closes its connections. */
export async function performChange(change: PreparedWork, progress: Progress): Promise<ChangeReport> {
  const {cluster, work, checks, evidence, ranking, fingerprint} = change
  const {fleet, database} = cluster
  const id = newOperationId()
  const journal = Journal.create(operationsFolder(fleet), id)
  journal.append('opened', {
    kind: work.kind,
    target: database.name,
    intent: work.intent,
    evidence,
    ranking,
    operator: currentOperator(),
    fleet: fleetAsRead(fleet),
  })
  return drive({
    cluster,
    work,
    checks,
    journal,
    progress,
    direction: 'forward',
    isContinued: false,
    expected: fingerprint,
  })
}

/** Goes on with an interrupted change, forward or back. */
export async function continueChange(
  fleet: Fleet,
  database: Database,
  journal: Journal,
  direction: Direction,
  progress: Progress,
): Promise<ChangeReport> {
  const cluster = await Cluster.open(fleet, database)
  try {
    const elsewhere = await catchUp(journal, {
      chain: (id) => chainOnVoters(id, cluster.voters, database.name),
    })
    if (elsewhere?.outcome !== undefined) throw takenOverElsewhere(elsewhere)
    const latest = elsewhere ? openJournal(fleet, journal.id) : journal
    const state = await observeCluster(cluster)
    const opened = openedAs(latest.records)
    const work = workOf(cluster, opened, state)
    return await drive({cluster, work, checks: [], journal: latest, progress, direction, isContinued: true})
  } finally {
    await cluster.close()
  }
}

function workOf(cluster: Cluster, opened: OpenedChange, state: ClusterState): Change {
  switch (opened.kind) {
    case 'database-switchover':
      return new Switchover(cluster, opened.intent, state)
    case 'database-failover':
      return new Failover(cluster, opened.intent, state)
    case 'database-open':
      return new Opening(cluster, opened.intent, state)
    case 'database-restart':
      return new Restart(cluster, opened.intent, state)
    case 'database-tag':
      return new Tagging(cluster, opened.intent, state)
    case 'database-rejoin':
      return new Rejoin(cluster, opened.intent, state)
  }
}

interface Drive {
  readonly cluster: Cluster
  readonly work: Change
  readonly checks: readonly Check[]
  readonly journal: Journal
  readonly progress: Progress
  readonly direction: Direction
  readonly isContinued: boolean
  readonly expected?: string
}

async function drive({cluster, work, checks, ...options}: Drive): Promise<ChangeReport> {
  const {fleet} = cluster
  const {journal} = options
  if (fleet.lab !== undefined) armFailpoint()
  const {leaseSeconds} = fleet.timings
  // A tag is kept or not; nothing has to settle.
  const verifySeconds = work.kind === tagKind ? 0 : fleet.timings.verifySeconds
  const {intent, state: before} = work
  // Opened here and not inside: nothing opens a connection once writes wait.
  await Promise.allSettled([
    cluster.openLeases(),
    cluster.maintenance(intent.to),
    cluster.application(intent.to),
  ])
  const announcer = await announce(fleet, {
    id: journal.id,
    kind: work.kind,
    target: work.target,
    inWords: inWords(openedAs(journal.records)),
    hosts: {from: intent.from, to: intent.to},
  })
  // Behind a primary that is lost a probe could not even log in.
  let probe: ProbeClient | undefined
  if (work instanceof Switchover) work.clients = probe = await ProbeClient.start(cluster, journal.id)
  let ending: Ending
  try {
    ending = await runOperation({work, leaseSeconds, verifySeconds, ...options, tell: announcer?.tell})
  } catch (error) {
    await probe?.stop()
    throw error
  } finally {
    announcer?.close()
    await options.progress.end()
  }
  const figures = await probe?.stop()
  const report = changeReport({
    id: journal.id,
    kind: work.kind,
    intent,
    ending,
    checks,
    before,
    after: work.state,
    probe: figures,
    records: journal.records,
  })
  await cluster.close()
  return report
}

function fleetAsRead({name, environment, file, databases}: Fleet) {
  return {
    name,
    environment,
    file,
    databases: databases.map(({name: database, members, poolers, voters}) => ({
      database,
      members,
      poolers,
      voters,
    })),
  }
}

function checksFailed(database: Database, failed: readonly Check[]): PpError {
  const shown = failed.map((check) => `${check.id}: ${check.measured} (wanted: ${check.limit})`)
  return refusal('CHECKS_FAILED', {
    message: `${database.name}: ${counted(failed.length, 'check')} failed. ${shown.join('; ')}`,
    hint: [...new Set(failed.map((check) => check.hint))].join('\n'),
  })
}

/** Nothing is known of a database none of whose hosts answers. */
export function nothingAnswers(database: Database, state: ClusterState): PpError {
  return new PpError('unavailable', 'NOTHING_ANSWERS', {
    message: `No host of ${database.name} answers: ${state.members.map((member) => `${member.host}: ${member.problems[0] ?? 'no answer'}`).join('; ')}.`,
    hint: 'In the lab: pp lab up. Elsewhere look at your own network first: pp status',
  })
}

/** Without somebody to ask, a change that would move the primary on at every run needs a compare-and-set. */
export function requireCompareAndSet(request: ChangeRequest, isInteractive: boolean): void {
  if (request.restart === true) return // it moves nothing
  if (isInteractive || request.from !== undefined || request.to !== undefined) return
  throw usageError('COMPARE_AND_SET_NEEDED', {
    message: 'Without a terminal, running this twice would move the primary twice.',
    hint: `Only while HOST is the primary: ${again('--from', 'HOST')}`,
  })
}
