import {refusal} from '../../errors.ts'
import type {Fleet} from '../../fleet/types.ts'
import {isStep} from '../../operation/steps.ts'
import {listOperations, openJournal} from '../../operation/store.ts'
import type {Cluster} from '../cluster.ts'
import {patienceSeconds} from '../facts.ts'
import {heartbeatOf} from '../failover/heartbeat.ts'
import {failoverKind} from '../failover/kind.ts'
import type {Classified} from '../failover/types.ts'
import type {Check, ClusterState} from '../types.ts'
import {forecastRestart, type RestartForecast} from './forecast.ts'
import {Restart} from './restart.ts'

/** What a restart in place would take; undefined where there is nothing to restart, or its host cannot tell. */
export async function restartForecast(
  cluster: Cluster,
  host: string,
  {condition}: Classified,
): Promise<RestartForecast | undefined> {
  if (condition !== 'process-dead') return undefined
  const {database, fleet} = cluster
  const facts = await cluster
    .acts(host)
    .call('restart-facts', {target: database.name}, {timeoutSeconds: 5})
    .catch(() => undefined)
  return facts && forecastRestart({host, ...facts, failovers: lastFailovers(fleet, database.name)})
}

/** The offer, or why there is none, beside the checks of the failover. */
export function restartCheck(forecast: RestartForecast, database: string): Check {
  const {loop, isOffered, because} = forecast
  return {
    id: 'restart.in-place',
    status: isOffered ? 'warn' : 'pass',
    measured: loop === undefined ? because : `${loop}; ${because}`,
    limit: 'the shorter one, and no crash loop',
    hint: `pp failover db ${database} --restart`,
  }
}

/** @throws PpError RESTART_REFUSED. */
export async function preparedRestart(
  cluster: Cluster,
  state: ClusterState,
  {host, found, forecast}: {host: string; found: Classified; forecast: RestartForecast | undefined},
): Promise<{readonly work: Restart; readonly checks: readonly Check[]}> {
  const {database} = cluster
  if (!forecast || forecast.loop !== undefined)
    throw refusal('RESTART_REFUSED', {
      message:
        forecast?.loop ?? `${host} cannot be restarted in place (${found.condition}): ${found.because}.`,
      hint: `pp failover db ${database.name}`,
    })
  const standbys = state.members.filter((member) => member.host !== host && member.session)
  const hosts = standbys.map((standby) => standby.host)
  const heartbeat = await heartbeatOf(cluster, hosts, host)
  // Put back only where it is sure: what was changed there since is meant so.
  const names = heartbeat?.outdated === undefined ? (heartbeat?.synchronousNames ?? '') : ''
  const control = (await cluster.acts(host).call('status', {target: database.name})).database?.control
  const work = new Restart(
    cluster,
    {
      database: database.name,
      from: host,
      to: host,
      timeline: control?.timeline ?? 0,
      systemIdentifier: control?.systemIdentifier ?? '',
      maxLagBytes: 0,
      pauseSeconds: 0,
      windowSeconds: 0,
      patienceSeconds: patienceSeconds(state, database.clientTimeoutSeconds),
      synchronousNames: names,
      acceptUnlogged: true,
      acceptSlotLoss: true,
      condition: found.condition,
      because: found.because,
      maxLoss: {bytes: 0, seconds: undefined},
      conninfo: '',
      lostSynchronousNames: names,
      isFenceForced: false,
      timeoutSeconds: Math.ceil(Math.max(30, 5 * forecast.restartSeconds)),
    },
    state,
  )
  return {work, checks: [restartCheck(forecast, database.name)]}
}

/** From the lock to the moment when clients could write again, of the latest failovers that came to that. */
function lastFailovers(fleet: Fleet, database: string): readonly number[] {
  return listOperations(fleet)
    .filter(
      ({kind, target, outcome}) => kind === failoverKind && target === database && outcome !== undefined,
    )
    .slice(0, 5)
    .flatMap(({id}) => {
      const {records} = openJournal(fleet, id)
      const locked = records.find(({type}) => type === 'locked')
      const released = records.find(isStep('step-done', 'release'))
      return locked && released ? [(Date.parse(released.at) - Date.parse(locked.at)) / 1000] : []
    })
}
