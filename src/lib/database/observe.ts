import * as z from 'zod/mini'

import {messageOf} from '../errors.ts'
import type {HostStatus} from '../drivers/helper/verbs.ts'
import type {PoolerProcess} from '../drivers/pgbouncer/types.ts'
import type {SqlSession} from '../drivers/postgres/types.ts'
import {bundledHelperSha256} from '../drivers/helper/bundled.ts'
import {tagsOf} from './tag/tags.ts'
import type {Cluster} from './cluster.ts'
import type {
  ClusterState,
  MachineState,
  MemberState,
  PoolerProcessState,
  PoolerState,
  SessionState,
  VoterState,
} from './types.ts'

const probeSeconds = 2

/** Looks at every host of a database at once. Changes nothing; what does not answer within 2 s is left out and named. */
export async function observeCluster(cluster: Cluster): Promise<ClusterState> {
  const {members, poolers, voters, name} = cluster.database
  const hosts = [...new Set([...members, ...poolers, ...voters])]
  await Promise.all(hosts.map((host) => cluster.connect(host)))
  // Once for a host, whatever it is here.
  const statuses = new Map(hosts.map((host) => [host, cluster.status(host)]))
  const looks = (of: readonly string[]) => of.map((host) => ({cluster, host, status: statuses.get(host)}))
  const [memberStates, poolerStates, voterStates] = await Promise.all([
    Promise.all(looks(members).map(observeMember)),
    Promise.all(looks(poolers).map(observePooler)),
    Promise.all(looks(voters).map(observeVoter)),
  ])
  const tags = voterStates.flatMap(({tags: told}) => told)
  return {
    database: name,
    members: memberStates.map((member) => ({...member, tags: tagsOf(tags, member.host)})),
    poolers: poolerStates,
    voters: voterStates.map(({voter}) => voter),
  }
}

interface Look {
  readonly cluster: Cluster
  readonly host: string
  readonly status: Promise<HostStatus> | undefined
}

async function observeMember({cluster, host, status: asked}: Look): Promise<MemberState> {
  const problems = new Set(cluster.links(host).problems)
  const [status, session] = await Promise.all([
    noting(problems, asked),
    noting(problems, observeSession(cluster, host)),
  ])
  return {
    host,
    problems: [...problems],
    tags: [],
    machine: status && machineOf(status, cluster, host),
    session,
  }
}

function machineOf(status: HostStatus, cluster: Cluster, host: string): MachineState | undefined {
  const {database} = status
  if (!database) return undefined
  const {control} = database
  return {
    isHelperCurrent: cluster.acts(host).hello.sha256 === bundledHelperSha256(),
    isRunning: database.postmasterPid !== null,
    isMasked: database.masked,
    unit: database.unitName,
    unitRestart: database.unit.restart,
    freeBytes: database.freeBytes ?? undefined,
    // A torn read proves nothing, so it counts as not read.
    control: control?.crcOk === true ? control : undefined,
    unfinished: database.unfinished ?? undefined,
    hasStandbySignal: database.standbySignal,
    // One without a token counts as sent just now.
    promoteSentToken: database.promoteSent ? (database.promoteSent.token ?? Infinity) : undefined,
    isFenced: fencedMembers(status).includes(host),
    clusterManagers: status.clusterManagers,
  }
}

const fencedMembers = ({fenceTags = []}: HostStatus) => [...new Set(fenceTags.map(({member}) => member))]

const follower = z.object({
  name: z.string(),
  isStreaming: z.boolean(),
  sync: z.enum(['async', 'sync', 'quorum', 'potential']),
  replayLsn: z.nullable(z.string()),
})
const slot = z.object({
  name: z.string(),
  kind: z.enum(['physical', 'logical']),
  isActive: z.boolean(),
  survivesFailover: z.boolean(),
})
const sessionAnswer = z.object({
  isInRecovery: z.boolean(),
  timeline: z.int(),
  systemIdentifier: z.string(),
  serverVersion: z.string(),
  startedAt: z.string(),
  lsn: z.string(),
  receivedLsn: z.nullable(z.string()),
  replaysOwnWal: z.boolean(),
  replayDelaySeconds: z.nullable(z.number()),
  isReplayPaused: z.boolean(),
  upstream: z.nullable(z.string()),
  followers: z.array(follower),
  slots: z.array(slot),
  settings: z.object({
    primaryConninfo: z.string(),
    primarySlotName: z.string(),
    synchronousStandbyNames: z.string(),
    recoveryTargetTimeline: z.string(),
    recoveryMinApplyDelayMs: z.number(),
  }),
  archiver: z.object({isOn: z.boolean(), readySegments: z.int(), failures: z.int()}),
  preparedTransactions: z.int(),
  walSenderShutdownTimeoutMs: z.number(),
})

// Without a walreceiver only the newest segment tells: the control file follows at the next restartpoint.
export const standbyTimeline = `greatest((select received_tli from pg_stat_wal_receiver),
  (select timeline_id from pg_control_checkpoint()), (select max(('x' || substr(name, 1, 8))::bit(32)::int)
    from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'))`

// A walreceiver is asked for only when all local WAL is replayed, and its position is kept for as long as the server runs.
// Without one the process that replays tells by what it waits for.
export const replaysOwnWal = `(pg_is_in_recovery() and pg_last_wal_receive_lsn() is null and not exists (
  select from pg_stat_activity where backend_type = 'startup'
    and wait_event in ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval')))`

// A writable server's timeline is read from its WAL position: right after a promotion the control file still has the
// old one. CASE keeps functions that raise an error in recovery from being called there.
const sessionQuery = `
select json_build_object(
  'isInRecovery', r,
  'timeline', case when r
    then ${standbyTimeline}
    else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end,
  'systemIdentifier', (select system_identifier::text from pg_control_system()),
  'serverVersion', current_setting('server_version'),
  'startedAt', pg_postmaster_start_time(),
  'lsn', case when r then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
  'receivedLsn', case when r then pg_last_wal_receive_lsn() end,
  'replaysOwnWal', ${replaysOwnWal},
  'replayDelaySeconds', case when r then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end,
  'isReplayPaused', case when r then pg_is_wal_replay_paused() else false end,
  'upstream', (select sender_host from pg_stat_wal_receiver where status = 'streaming'),
  'followers', (select coalesce(json_agg(json_build_object('name', application_name, 'isStreaming', state = 'streaming',
    'sync', sync_state, 'replayLsn', replay_lsn)), '[]') from pg_stat_replication),
  'slots', (select coalesce(json_agg(json_build_object('name', slot_name, 'kind', slot_type, 'isActive', active,
    'survivesFailover', coalesce((to_jsonb(s) ->> 'failover')::bool and (to_jsonb(s) ->> 'synced')::bool, false))), '[]')
    from pg_replication_slots s),
  'settings', json_build_object(
    'primaryConninfo', current_setting('primary_conninfo'),
    'primarySlotName', current_setting('primary_slot_name'),
    'synchronousStandbyNames', current_setting('synchronous_standby_names'),
    'recoveryTargetTimeline', current_setting('recovery_target_timeline'),
    'recoveryMinApplyDelayMs', (select setting::int from pg_settings where name = 'recovery_min_apply_delay')),
  'archiver', json_build_object(
    'isOn', current_setting('archive_mode') <> 'off',
    'readySegments', (select count(*) from pg_ls_archive_statusdir() where name like '%.ready'),
    'failures', (select failed_count from pg_stat_archiver)),
  'preparedTransactions', (select count(*) from pg_prepared_xacts),
  'walSenderShutdownTimeoutMs', coalesce((select setting::int from pg_settings where name = 'wal_sender_shutdown_timeout'), -1)
)::text as answer
from (select pg_is_in_recovery() as r) recovery`

async function observeSession(cluster: Cluster, host: string): Promise<SessionState> {
  const session = await cluster.maintenance(host)
  const [row] = await session.query<{answer: string}>(sessionQuery, [], {timeoutSeconds: probeSeconds})
  const answer = sessionAnswer.parse(JSON.parse(row?.answer ?? ''))
  const primaryConninfo = cluster.conninfoSecrets.withhold(host, answer.settings.primaryConninfo)
  return {
    ...answer,
    settings: {...answer.settings, primaryConninfo},
    receivedLsn: answer.receivedLsn ?? undefined,
    replayDelaySeconds: answer.replayDelaySeconds ?? undefined,
    upstream: answer.upstream ?? undefined,
    followers: answer.followers.map((one) => ({...one, replayLsn: one.replayLsn ?? undefined})),
    unloggedTables: answer.isInRecovery ? [] : await unloggedTables(cluster, host),
  }
}

// Promotion empties them: their content exists on the primary only.
async function unloggedTables(cluster: Cluster, host: string): Promise<readonly string[]> {
  const {applicationDatabases} = cluster.database
  const found = await Promise.all(
    applicationDatabases.map(async (database) => unloggedIn(await cluster.session(host, database))),
  )
  return found.flat()
}

async function unloggedIn(session: SqlSession): Promise<readonly string[]> {
  const rows = await session.query<{name: string}>(
    `select format('%I.%I.%I', current_database(), n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relpersistence = 'u' and c.relkind in ('r', 'p', 'm') order by 1`,
    [],
    {timeoutSeconds: probeSeconds},
  )
  return rows.map((row) => row.name)
}

async function observePooler({cluster, host, status: asked}: Look): Promise<PoolerState> {
  const problems = new Set(cluster.links(host).problems)
  const status = await noting(problems, asked)
  const processes = await Promise.all(
    cluster.poolers(host).map((process) => noting(problems, observeProcess(process, cluster))),
  )
  return {
    host,
    problems: [...problems],
    fileTarget: status?.pooler?.targetHost ?? undefined,
    isGuardArmed: status?.pooler?.guard?.armed ?? false,
    fencedMembers: status ? fencedMembers(status) : [],
    isHelperCurrent: status ? cluster.acts(host).hello.sha256 === bundledHelperSha256() : false,
    processes: processes.filter((process) => process !== undefined),
  }
}

async function observeProcess(process: PoolerProcess, cluster: Cluster): Promise<PoolerProcessState> {
  const [databases, config, clients] = await Promise.all([
    process.databases(),
    process.config(),
    process.clients(),
  ])
  const {applicationDatabases, members} = cluster.database
  const places = members.flatMap((host) => [host, cluster.addressOf(host)?.address])
  const isOurs = ({name}: {name: string}) => applicationDatabases.includes(name) || name === '*'
  return {
    name: process.process,
    entries: databases.filter(isOurs).map((entry) => ({
      name: entry.name,
      target: entry.host ?? '',
      poolMode: entry.poolMode ?? config.poolMode,
      isPaused: entry.isPaused,
    })),
    undeclared: databases
      .filter(({name, host}) => !applicationDatabases.includes(name) && places.includes(host ?? ''))
      .map(({name}) => name),
    clients: clients.filter(({database}) => applicationDatabases.includes(database)).length,
    queryWaitTimeoutSeconds: config.queryWaitTimeout,
    clientLoginTimeoutSeconds: config.clientLoginTimeout,
    serverLoginRetrySeconds: config.serverLoginRetry,
  }
}

async function observeVoter({host, status: asked}: Look) {
  const status = await noting(new Set<string>(), asked)
  const journals = status?.journal.map(({operation, token, records}) => ({
    operation,
    token: token ?? 0,
    records,
  }))
  const voter: VoterState = {
    host,
    answers: status !== undefined,
    operation: status?.lock?.operation,
    journals: journals ?? [],
  }
  return {voter, tags: status?.tags ?? []}
}

async function noting<T>(problems: Set<string>, probe: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await probe
  } catch (error) {
    problems.add(messageOf(error))
    return undefined
  }
}
