import {PpError, refusal, usageError} from '../errors.ts'
import type {Database, Fleet} from '../fleet/types.ts'
import {nearest} from '../nearest.ts'
import {armFailpoint} from '../operation/failpoint.ts'
import {newOperationId} from '../operation/id.ts'
import {Journal} from '../operation/journal.ts'
import {refuseWhileLocked} from '../operation/lock.ts'
import {currentOperator} from '../operation/operator.ts'
import {runOperation, type Ending} from '../operation/run.ts'
import {operationsFolder, unfinishedOn} from '../operation/store.ts'
import type {Direction} from '../operation/types.ts'
import type {Progress} from '../output/progress.ts'
import {Cluster} from './cluster.ts'
import {observeCluster} from './observe.ts'
import {preflight} from './preflight.ts'
import {ProbeClient} from './probe.ts'
import {switchoverReport, type SwitchoverReport} from './report.ts'
import {resolveRequest, type ChangeRequest} from './request.ts'
import {Switchover, switchoverKind} from './switchover.ts'
import type {Check, ClusterState, SwitchoverIntent, SwitchoverStep} from './types.ts'

/** A change of primary that was looked at and planned; nothing has been touched. */
export interface PreparedChange {
  readonly kind: 'change'
  readonly cluster: Cluster
  readonly intent: SwitchoverIntent
  readonly state: ClusterState
  readonly steps: readonly SwitchoverStep[]
  readonly checks: readonly Check[]
  readonly fingerprint: string
}

export interface AlreadySo {
  readonly kind: 'already'
  readonly primary: string
  readonly why: string
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
  const cluster = await Cluster.open(fleet, database)
  try {
    const state = await observeCluster(cluster)
    if (state.members.every((member) => !member.machine && !member.session))
      throw nothingAnswers(database, state)
    const resolved = resolveRequest(state, request, database.clientTimeoutSeconds)
    if (resolved.kind === 'already') {
      await cluster.close()
      return resolved
    }
    const voters = database.voters.flatMap((host) => cluster.links(host).lease ?? [])
    await refuseWhileLocked(database.name, voters)
    unfinishedOn(fleet, database.name)
    if (resolved.kind === 'refused')
      throw refusal(resolved.code, {message: resolved.reason, hint: resolved.hint})
    const {intent} = resolved
    const checks = preflight(state, intent, fleet.timings.guardSeconds)
    const failed = checks.filter((check) => check.status === 'fail')
    if (failed.length > 0) throw checksFailed(database, failed)
    const work = new Switchover(cluster, intent, state)
    const plan = work.plan('forward', [])
    if (plan.kind === 'refused') throw refusal(plan.code, {message: plan.reason, hint: plan.hint})
    return {
      kind: 'change',
      cluster,
      intent,
      state,
      steps: plan.steps,
      checks,
      fingerprint: work.fingerprint(),
    }
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** Acts on a prepared change and closes its connections. */
export async function performChange(change: PreparedChange, progress: Progress): Promise<SwitchoverReport> {
  const {cluster, intent, state, checks, fingerprint} = change
  const {fleet, database} = cluster
  const id = newOperationId()
  const journal = Journal.create(operationsFolder(fleet), id)
  journal.append('opened', {
    kind: switchoverKind,
    target: database.name,
    intent,
    operator: currentOperator(),
    fleet: fleetAsRead(fleet),
  })
  return drive({
    cluster,
    intent,
    state,
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
  intent: SwitchoverIntent,
  journal: Journal,
  direction: Direction,
  progress: Progress,
): Promise<SwitchoverReport> {
  const cluster = await Cluster.open(fleet, database)
  try {
    const state = await observeCluster(cluster)
    return await drive({cluster, intent, state, checks: [], journal, progress, direction, isContinued: true})
  } finally {
    await cluster.close()
  }
}

interface Drive {
  readonly cluster: Cluster
  readonly intent: SwitchoverIntent
  readonly state: ClusterState
  readonly checks: readonly Check[]
  readonly journal: Journal
  readonly progress: Progress
  readonly direction: Direction
  readonly isContinued: boolean
  readonly expected?: string
}

async function drive({cluster, intent, state, checks, ...options}: Drive): Promise<SwitchoverReport> {
  const {fleet} = cluster
  const {journal} = options
  if (fleet.lab !== undefined) armFailpoint()
  const {leaseSeconds, verifySeconds} = fleet.timings
  const work = new Switchover(cluster, intent, state)
  // Opened here and not inside: nothing opens a connection once writes wait.
  await Promise.allSettled([cluster.maintenance(intent.to), cluster.application(intent.to)])
  const probe = await ProbeClient.start(cluster, journal.id)
  let ending: Ending
  try {
    ending = await runOperation({work, leaseSeconds, verifySeconds, ...options})
  } catch (error) {
    await probe.stop()
    throw error
  } finally {
    await options.progress.end()
  }
  const figures = await probe.stop()
  const report = switchoverReport({
    id: journal.id,
    kind: switchoverKind,
    intent,
    ending,
    checks,
    before: state,
    after: work.state,
    probe: figures,
    records: journal.records,
  })
  await cluster.close()
  return report
}

function requireMember({name, members}: Database, host: string): void {
  if (members.includes(host)) return
  const suggestion = nearest(host, members)
  throw usageError('MEMBER_UNKNOWN', {
    message: `${host} is no member of ${name}; its members are ${members.join(', ')}.`,
    hint: suggestion === undefined ? 'pp db status' : `Did you mean ${suggestion}?`,
  })
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
    message: `${database.name}: ${failed.length} check${failed.length > 1 ? 's' : ''} failed. ${shown.join('; ')}`,
    hint: [...new Set(failed.map((check) => check.hint))].join('\n'),
  })
}

function nothingAnswers(database: Database, state: ClusterState): PpError {
  return new PpError('unavailable', 'NOTHING_ANSWERS', {
    message: `No host of ${database.name} answers: ${state.members.map((member) => `${member.host}: ${member.problems[0] ?? 'no answer'}`).join('; ')}.`,
    hint: 'In the lab: pp lab up. Elsewhere look at your own network first: pp status',
  })
}

/** Without somebody to ask, a change that would move the primary on at every run needs a compare-and-set. */
export function requireCompareAndSet(request: ChangeRequest, isInteractive: boolean): void {
  if (isInteractive || request.from !== undefined || request.to !== undefined) return
  throw usageError('COMPARE_AND_SET_NEEDED', {
    message: 'Without a terminal, running this twice would move the primary twice.',
    hint: 'Add --from HOST (only while it is the primary) or --to HOST',
  })
}
