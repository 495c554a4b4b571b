import {refuseWhileUnfinished} from '../database/adopt.ts'
import {Cluster} from '../database/cluster.ts'
import {nothingAnswers, prepareChange} from '../database/change.ts'
import {readRepository} from '../database/backup/list.ts'
import {observeCluster} from '../database/observe.ts'
import {brokenThings} from '../database/status.ts'
import type {Check, ClusterState} from '../database/types.ts'
import {HostPower} from '../drivers/power/power.ts'
import {counted} from '../counted.ts'
import {PpError, refusal} from '../errors.ts'
import {findDatabase, findHost} from '../fleet/lookup.ts'
import type {Fleet, NotifyHook} from '../fleet/types.ts'
import {refuseWhileLocked} from '../operation/lock.ts'
import {refusedPlan} from '../operation/refused.ts'
import {openClientHost, type ClientHost} from './client-host.ts'
import type {DrillIntent} from './intent.ts'
import {drillTarget} from './kind.ts'
import {assertLeverReleased} from './lever/lever-of.ts'
import {clusterHosts, withClusterHosts} from './cluster-hosts.ts'
import {assertLoadTool, loadCheck} from './load.ts'
import {planDrill} from './plan.ts'
import {isOnHost} from './fault-place.ts'
import {heldChecks, heldServices} from './hold.ts'
import {siteFaultCheck} from './site-fault-check.ts'
import {failoverRequest} from './request.ts'
import {resolveDrill, type ResolvedDrill} from './resolve.ts'
import {newRunName} from './run-files.ts'
import {planHashOf} from '../operation/saved-plan.ts'
import {urlsOf} from './service-url.ts'
import {steadyNow} from './steady.ts'
import {singleSteps, type DrillStep, type SingleStep} from './steps.ts'
import type {Drill} from './format/types.ts'
import {windowVerdict} from './windows.ts'

/** A drill that could run now: looked at, resolved, connected; nothing has been touched. */
export interface PreparedDrill {
  readonly cluster: Cluster
  readonly client: ClientHost
  readonly intent: DrillIntent
  /** Who is told of it, besides those of the fleet. */
  readonly notify: readonly NotifyHook[]
  readonly steps: readonly DrillStep[]
  readonly checks: readonly Check[]
}

/**
 * Resolves the targets and looks at every precondition. Takes no lock and changes nothing.
 *
 * @throws PpError DRILL_ENVIRONMENT (3); OUTSIDE_WINDOW, LEVER_ENGAGED (7); OPERATION_UNFINISHED, TARGET_LOCKED (6);
 *   TARGET_MISSING, TARGETS_OVER_CAP, CLIENT_MISSING, SERVICE_WITHOUT_URL, CHECKS_FAILED (3); K6_MISSING (5).
 */
export async function prepareDrill(declared: Fleet, drill: Drill, now: Date): Promise<PreparedDrill> {
  assertAllowed(declared, drill, now)
  await assertLoadTool(drill)
  const fleet = withClusterHosts(declared)
  const database = findDatabase(fleet, drill.targets.database)
  const cluster = await Cluster.open(fleet, database)
  let client: ClientHost | undefined
  try {
    const state = await observeCluster(cluster)
    if (state.members.every((member) => !member.machine && !member.session))
      throw nothingAnswers(database, state)
    await refuseWhileLocked(database.name, cluster.voters)
    await refuseWhileUnfinished(cluster, drillTarget(database.name))
    await assertLeverReleased(cluster)
    const found = resolveDrill(drill, state, {
      ofClusters: clusterHosts(fleet).map(({name}) => name),
      urlOf: await urlsOf(fleet, drill),
    })
    if (found.kind === 'refused') throw refusedPlan(found)
    const resolved = {...found, held: heldServices(fleet, drill, found)}
    client = await openClientHost(fleet, cluster)
    // Hooks may hold addresses that only their readers should know; journals and plans have no use for them.
    const placed = {...drill, steadyState: resolved.steadyState, notify: []}
    const checks = await checksOf({fleet, drill: placed, cluster, client, state, resolved})
    const failed = checks.filter(({status}) => status === 'fail')
    if (failed.length > 0) throw checksFailed(drill, failed)
    const intent: DrillIntent = {
      run: newRunName(fleet, drill.name, now),
      database: database.name,
      drill: placed,
      resolved,
      planHash: planHashOf(placed, resolved),
      startedBootSeconds: client.helper.notAfter(0),
    }
    return {cluster, client, intent, notify: drill.notify, steps: planDrill(resolved, 'forward', []), checks}
  } catch (error) {
    client?.close()
    await cluster.close()
    throw error
  }
}

/** @throws PpError DRILL_ENVIRONMENT, OUTSIDE_WINDOW. */
function assertAllowed(fleet: Fleet, drill: Drill, now: Date): void {
  if (!drill.environments.includes(fleet.environment))
    throw refusal('DRILL_ENVIRONMENT', {
      message: `${drill.name} may run in ${drill.environments.join(', ')}, not in ${fleet.environment}.`,
      hint: `Add it to environments in ${drill.file}, or: pp drill ${drill.name} --env ${drill.environments[0] ?? 'NAME'}`,
    })
  const verdict = windowVerdict(drill.guards.windows[fleet.environment], now)
  if (!verdict.isOpen)
    throw new PpError('not-now', 'OUTSIDE_WINDOW', {
      message: `${drill.name} may not run now: ${verdict.why}.`,
      hint:
        verdict.opensAt === undefined
          ? `See guards.windows in ${drill.file}, then: pp drill check ${drill.name}`
          : `From ${verdict.opensAt} on: pp drill ${drill.name}`,
    })
}

interface Seen {
  readonly fleet: Fleet
  readonly drill: Drill
  readonly cluster: Cluster
  readonly client: ClientHost
  readonly state: ClusterState
  readonly resolved: ResolvedDrill & {readonly held: readonly string[]}
}

async function checksOf(seen: Seen): Promise<readonly Check[]> {
  const steps = [...seen.resolved.method, ...seen.resolved.undo].flatMap(singleSteps)
  const checks = [
    healthCheck(seen),
    ...(await heldChecks(seen.fleet, seen.resolved.held)),
    ...(await steadyCheck(seen)),
  ]
  // One after the other: on a small machine they would make each other late, and the steady state too.
  for (const step of steps) checks.push(...(await stepChecks(step, seen)))
  return checks
}

function healthCheck({state}: Seen): Check {
  const broken = brokenThings(state)
  return {
    id: 'database.health',
    status: broken.length === 0 ? 'pass' : 'fail',
    measured: broken.join('; ') || 'one writable member, every pooler leads to it',
    limit: 'one writable member, every pooler leads to it',
    hint: 'pp db check',
  }
}

async function steadyCheck({drill, client}: Seen): Promise<readonly Check[]> {
  const started = performance.now()
  const now = () => (performance.now() - started) / 1000
  const results = await steadyNow(drill, 'before', {
    vantage: client.vantage,
    now,
    isInterrupted: () => false,
  })
  return results.map(({name, status, said}) => ({
    id: `steady.${name}`,
    status: status === 'held' ? 'pass' : 'fail',
    measured: said ?? 'holds',
    limit: 'holds before anything is broken',
    hint: 'pp status',
  }))
}

async function stepChecks(step: SingleStep, seen: Seen): Promise<readonly Check[]> {
  if (step.kind === 'fault') return [await faultCheck(step, seen)]
  if (step.kind === 'operation' && step.operation === 'failover') return [await failoverCheck(step, seen)]
  if (step.kind === 'load') return [await loadCheck(step, seen.fleet)]
  if (step.kind === 'operation' && step.operation === 'restore') return [await restoreCheck(step, seen)]
  return []
}

/** Whether there is anything to restore, unless the drill makes a backup itself. */
async function restoreCheck(
  step: Extract<SingleStep, {kind: 'operation'}>,
  {fleet, cluster, resolved}: Seen,
): Promise<Check> {
  const check = {id: `operation.${step.name}`, limit: 'a backup to restore', hint: 'pp db backup'}
  const isMade = resolved.method
    .flatMap(singleSteps)
    .some((one) => one.kind === 'operation' && one.operation === 'backup')
  if (isMade) return {...check, status: 'pass', measured: 'the drill makes one'}
  try {
    const {host, backups} = await readRepository(fleet, cluster.database)
    const status = backups.length > 0 ? 'pass' : 'fail'
    return {...check, status, measured: `${host} has ${counted(backups.length, 'backup')}`}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    return {...check, status: 'fail', measured: error.message, hint: error.hint}
  }
}

/** The way of a planned change: what it needs, an unplanned one needs too. */
async function failoverCheck(
  step: Extract<SingleStep, {kind: 'operation'}>,
  {fleet, cluster}: Seen,
): Promise<Check> {
  const request = failoverRequest(step.name, step.with, fleet)
  const check = {id: `operation.${step.name}`, limit: 'could be done now', hint: 'pp failover db --plan'}
  try {
    const change = await prepareChange(fleet, cluster.database, {...request, insist: undefined})
    if (change.kind === 'already') return {...check, status: 'fail', measured: change.why}
    await change.cluster.close()
    return {...check, status: 'pass', measured: `${change.work.intent.from} → ${change.work.intent.to}`}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    return {...check, status: 'fail', measured: error.message, hint: error.hint}
  }
}

async function faultCheck(
  {name, fault}: Extract<SingleStep, {kind: 'fault'}>,
  {fleet, cluster}: Seen,
): Promise<Check> {
  if (!isOnHost(fault)) return siteFaultCheck(name, fault, cluster)
  const check = {id: `fault.${name}`, hint: 'pp status'}
  if (fault.kind !== 'power-off') {
    const {acts, problems} = cluster.links(fault.host)
    return {
      ...check,
      status: acts ? 'pass' : 'fail',
      measured: acts ? `the helper of ${fault.host} answers` : problems.join('; '),
      limit: 'the host helper answers',
    }
  }
  const limit = 'the power switch says on'
  if (!fleet.power)
    return {
      ...check,
      status: 'fail',
      measured: 'no power switch',
      limit,
      hint: `Add fence.power to ${fleet.file}, then: pp config explain`,
    }
  const host = findHost(fleet, fault.host)
  const {state, said} = await new HostPower(fleet.power, host, fleet.lab).state(2)
  return {...check, status: state === 'on' ? 'pass' : 'fail', measured: `${fault.host}: ${said}`, limit}
}

function checksFailed(drill: Drill, failed: readonly Check[]): PpError {
  const shown = failed.map(({id, measured, limit}) => `${id}: ${measured} (wanted: ${limit})`)
  return refusal('DRILL_CHECKS_FAILED', {
    message: `${drill.name} could not run now. ${shown.join('; ')}`,
    hint: [...new Set(failed.map(({hint}) => hint))].join('\n'),
  })
}
