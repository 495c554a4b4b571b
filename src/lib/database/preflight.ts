import {isWithheld, passwordFileHint} from './conninfo.ts'
import {isPaused, isTagged, lagBytes, memberOf, routesTo, streamsFrom, writableMembers} from './facts.ts'
import {synchronousStandbys} from './synchronous.ts'
import type {Check, ClusterState, SwitchoverIntent} from './types.ts'

/**
 * The checks without which a planned change of primary is not safe. Pure; the ids are stable.
 *
 * @param guardSeconds when a dead-man guard looks for the first time.
 */
export function preflight(
  state: ClusterState,
  intent: SwitchoverIntent,
  guardSeconds: number,
): readonly Check[] {
  return [
    ...identityChecks(state, intent),
    fencedPrimaryCheck(state, intent),
    ...candidateChecks(state, intent),
    ...contentChecks(state, intent),
    ...controlChecks(state),
    ...poolerChecks(state, intent),
    ...patienceChecks(intent, guardSeconds),
  ]
}

function identityChecks(state: ClusterState, {timeline, systemIdentifier}: SwitchoverIntent): Check[] {
  const writable = writableMembers(state)
  const answering = state.members.flatMap((member) =>
    member.session ? [{host: member.host, session: member.session}] : [],
  )
  const systems = new Set(answering.map(({session}) => session.systemIdentifier))
  const astray = answering.filter(({session}) => session.timeline !== timeline)
  const versions = new Set(answering.map(({session}) => session.serverVersion))
  return [
    check(
      'identity.one-writable',
      writable.length === 1,
      writable.join(', ') || 'none',
      'exactly one',
      'pp db status',
    ),
    check(
      'identity.system',
      systems.size === 1 && systems.has(systemIdentifier),
      [...systems].join(', '),
      systemIdentifier,
      'pp db status',
    ),
    check(
      'identity.timeline',
      astray.length === 0,
      astray.map(({host, session}) => `${host} ${session.timeline}`).join(', ') || String(timeline),
      String(timeline),
      'pp db status',
    ),
    {
      ...check(
        'identity.version',
        versions.size === 1,
        [...versions].join(', '),
        'one version',
        'Bring all members to one minor version: apt-get install --only-upgrade postgresql',
      ),
      ...(versions.size > 1 ? {status: 'warn' as const} : {}),
    },
  ]
}

/** A tag that the end of its operation missed: the poolers there refuse to be led back to the primary. */
function fencedPrimaryCheck(state: ClusterState, {from, to}: SwitchoverIntent): Check {
  return check(
    'primary.fenced',
    !isTagged(state, from),
    isTagged(state, from) ? 'fenced' : 'not fenced',
    'not fenced',
    `A pooler's host still has the tag of an earlier operation: pp db rejoin ${to} takes it away`,
  )
}

function candidateChecks(state: ClusterState, {from, to, maxLagBytes}: SwitchoverIntent): Check[] {
  const candidate = memberOf(state, to)
  const lag = lagBytes(memberOf(state, from), candidate)
  const {session} = candidate
  const revealing = state.members.filter((member) =>
    isWithheld(member.session?.settings.primaryConninfo ?? ''),
  )
  const targets = state.members.filter(
    (member) =>
      member.host !== from && member.session && member.session.settings.recoveryTargetTimeline !== 'latest',
  )
  return [
    check(
      'candidate.streaming',
      streamsFrom(candidate, from),
      session?.upstream ?? 'not streaming',
      `from ${from}`,
      `Look at ${to}: pp db status`,
    ),
    check(
      'candidate.lag',
      lag !== undefined && lag <= maxLagBytes,
      lag === undefined ? 'unknown' : `${lag} B`,
      `${maxLagBytes} B`,
      `Wait until it has caught up, or allow more: pp failover db ${state.database} --max-lag BYTES`,
    ),
    check(
      'candidate.fenced',
      !isTagged(state, to),
      isTagged(state, to) ? 'fenced' : 'not fenced',
      'not fenced',
      `Its boot gate would keep it read-only: pp db rejoin ${to}`,
    ),
    check(
      'candidate.replay',
      session?.isReplayPaused === false,
      session?.isReplayPaused ? 'paused' : 'running',
      'running',
      onMember(to, 'select pg_wal_replay_resume()'),
    ),
    check(
      'candidate.apply-delay',
      session?.settings.recoveryMinApplyDelayMs === 0,
      `${session?.settings.recoveryMinApplyDelayMs ?? '?'} ms`,
      '0 ms',
      onMember(to, 'alter system set recovery_min_apply_delay = 0', 'select pg_reload_conf()'),
    ),
    // Nothing that is restored or handed on may depend on a secret that no journal has.
    check(
      'standbys.password',
      revealing.length === 0,
      revealing.map((member) => `${member.host} has one in primary_conninfo`).join(', ') ||
        'none in primary_conninfo',
      'none in primary_conninfo',
      passwordFileHint,
    ),
    check(
      'standbys.target-timeline',
      targets.length === 0,
      targets.map((member) => member.host).join(', ') || 'latest',
      'latest',
      "Set recovery_target_timeline = 'latest' in postgresql.conf there, and restart; else they stay behind.",
    ),
  ]
}

function contentChecks(
  state: ClusterState,
  {from, acceptUnlogged, acceptSlotLoss}: SwitchoverIntent,
): Check[] {
  const {session} = memberOf(state, from)
  const unlogged = session?.unloggedTables ?? []
  const logical = (session?.slots ?? []).filter((slot) => slot.kind === 'logical' && !slot.survivesFailover)
  const wanted = synchronousStandbys(session?.settings.synchronousStandbyNames ?? '')
  const standbys = state.members.filter((member) => member.session).length - 1
  return [
    check(
      'content.unlogged',
      unlogged.length === 0 || acceptUnlogged,
      unlogged.join(', ') || 'none',
      'none',
      `Promotion empties them; accept it: pp failover db ${state.database} --accept-unlogged`,
    ),
    check(
      'slots.logical',
      logical.length === 0 || acceptSlotLoss,
      logical.map((slot) => slot.name).join(', ') || 'none',
      'none that would be lost',
      `Accept the loss: pp failover db ${state.database} --accept-slot-loss`,
    ),
    check(
      'sync.satisfiable',
      wanted <= standbys,
      `${wanted} wanted, ${standbys} standbys`,
      'enough standbys',
      `Bring the missing standby back: pp db status ${state.database}`,
    ),
    check(
      'primary.prepared',
      (session?.preparedTransactions ?? 0) === 0,
      String(session?.preparedTransactions ?? 0),
      '0',
      `Finish them. ${onMember(from, 'select * from pg_prepared_xacts')}`,
    ),
    check(
      'primary.shutdown-waits',
      (session?.walSenderShutdownTimeoutMs ?? -1) < 0,
      `${session?.walSenderShutdownTimeoutMs ?? -1} ms`,
      '-1 (never)',
      `A stop that does not wait for its standbys may lose writes. ${onMember(from, 'alter system set wal_sender_shutdown_timeout = -1', 'select pg_reload_conf()')}`,
    ),
  ]
}

function controlChecks(state: ClusterState): Check[] {
  const outdated = [
    ...state.members.filter((member) => member.machine?.isHelperCurrent === false),
    ...state.poolers.filter((pooler) => pooler.problems.length === 0 && !pooler.isHelperCurrent),
  ]
  const votes = state.voters.filter((voter) => voter.answers).length
  const managers = state.members.flatMap((member) =>
    (member.machine?.clusterManagers ?? []).map((name) => `${name} on ${member.host}`),
  )
  const silent = state.members.filter((member) => !member.machine || !member.session)
  const restarting = state.members
    .filter((member) => ['always', 'on-success'].includes(member.machine?.unitRestart ?? ''))
    .map((member) => `Restart=${member.machine?.unitRestart ?? ''} on ${member.host}`)
  return [
    check(
      'control.members',
      silent.length === 0,
      silent.map((member) => `${member.host}: ${member.problems.join('; ')}`).join(', ') || 'all answer',
      'all answer',
      'pp status',
    ),
    check(
      'control.helper',
      outdated.length === 0,
      outdated.map((host) => host.host).join(', ') || 'current',
      'current on every host',
      'Bring the host helper up to date: pp lab up in a lab, the playbook site.yml elsewhere.',
    ),
    check(
      'control.voters',
      votes > state.voters.length / 2,
      `${votes} of ${state.voters.length}`,
      'a majority',
      'pp status',
    ),
    check(
      'control.cluster-manager',
      managers.length === 0,
      managers.join(', ') || 'none',
      'none',
      'It would act too. Stop it there: sudo systemctl stop SERVICE',
    ),
    {
      ...check(
        'control.restart',
        restarting.length === 0,
        restarting.join(', ') || 'not after a stop in order',
        'not after a stop in order',
        'It is masked before the stop all the same. Set Restart=on-failure: sudo systemctl edit postgresql@.service',
      ),
      ...(restarting.length > 0 ? {status: 'warn' as const} : {}),
    },
  ]
}

function poolerChecks(state: ClusterState, {from}: SwitchoverIntent): Check[] {
  const entries = state.poolers.flatMap((pooler) =>
    pooler.processes.flatMap((process) =>
      process.entries.map((entry) => ({...entry, place: `${pooler.host} ${process.name}`})),
    ),
  )
  const silent = state.poolers.filter((pooler) => pooler.processes.length === 0 || pooler.problems.length > 0)
  const session = entries.filter(
    (entry) => entry.poolMode !== 'transaction' && entry.poolMode !== 'statement',
  )
  const paused = state.poolers.filter(isPaused)
  const astray = state.poolers.filter((pooler) => !isPaused(pooler) && !routesTo(pooler, from))
  const undeclared = state.poolers.flatMap(({host, processes}) =>
    processes.flatMap((process) => process.undeclared.map((entry) => `${entry} on ${host} ${process.name}`)),
  )
  return [
    check(
      'poolers.reachable',
      silent.length === 0,
      silent.map((pooler) => `${pooler.host}: ${pooler.problems.join('; ')}`).join(', ') || 'all answer',
      'all answer',
      'pp status',
    ),
    check(
      'poolers.mode',
      session.length === 0,
      session.map((entry) => `${entry.place} ${entry.poolMode}`).join(', ') || 'transaction',
      'transaction',
      'A session pool is never free to be paused: set pool_mode = transaction in pgbouncer.ini.',
    ),
    check(
      'poolers.undeclared',
      undeclared.length === 0,
      undeclared.join(', ') || 'none',
      'none',
      `Its clients would be cut, not held: name it in applicationDatabases of ${state.database} in the fleet file, or take it out of the pooler.`,
    ),
    check(
      'poolers.not-paused',
      paused.length === 0,
      paused.map((pooler) => pooler.host).join(', ') || 'none',
      'none',
      'Somebody else paused it. When it is meant to run, on its host: sudo -u postgres psql -h /run/pgbouncer/PROCESS -p 6432 -U pgbouncer -c RESUME',
    ),
    check(
      'poolers.target',
      astray.length === 0,
      astray.map((pooler) => `${pooler.host} → ${pooler.fileTarget ?? 'nowhere'}`).join(', ') || from,
      from,
      'pp db status',
    ),
  ]
}

/** Whether clients outlast the pause, and the guards come before they give up. */
function patienceChecks(
  {database, patienceSeconds, pauseSeconds}: SwitchoverIntent,
  guardSeconds: number,
): Check[] {
  const patience = `clients wait ${patienceSeconds} s`
  return [
    check(
      'poolers.patience',
      patienceSeconds - 5 > guardSeconds,
      patience,
      `over ${guardSeconds + 5} s: the guards look after ${guardSeconds} s, and end it 5 s before clients do`,
      'Raise query_wait_timeout and client_login_timeout in pgbouncer.ini, or lower guardSeconds in the fleet file.',
    ),
    check(
      'poolers.pause-budget',
      pauseSeconds <= patienceSeconds / 4,
      `${pauseSeconds} s to pause, ${patience}`,
      `${patienceSeconds / 4} s`,
      `Allow less: pp failover db ${database} --pause-budget ${Math.floor(patienceSeconds / 4)}s`,
    ),
  ]
}

function check(id: string, passes: boolean, measured: string, limit: string, hint: string): Check {
  return {id, status: passes ? 'pass' : 'fail', measured, limit, hint}
}

const onMember = (host: string, ...statements: readonly string[]): string =>
  `On ${host}: sudo -u postgres psql ${statements.map((statement) => `-c '${statement}'`).join(' ')}`
