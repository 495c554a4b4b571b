import {uptime} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'

import {messageOf, PpError} from '../errors.ts'
import {failpoint} from '../operation/failpoint.ts'
import type {Cluster} from './cluster.ts'
import {lsnBytes} from './lsn.ts'
import {leasedMandate, mandate, type Acting} from './mandate.ts'
import {replaysOwnWal} from './observe.ts'
import {armGuards, disarmGuards, pausePoolers, restoreLoginRetry, routePoolers, setTarget} from './pooling.ts'
import {canAcknowledge} from './synchronous.ts'
import type {BeforeImages, ReplicationSettings, StopProof, SwitchoverIntent, SwitchoverStep} from './types.ts'

/** What one run of an operation keeps between its steps. */
export interface SwitchoverRun extends Acting {
  readonly intent: SwitchoverIntent
  readonly before: BeforeImages | undefined
  stop: StopProof | undefined
  /** The same as an earlier run wrote it down, for when the old primary's host is silent now. */
  readonly recordedStop: StopProof | undefined
  /** Pooler hosts whose file leads to the candidate already. */
  readonly moved: Set<string>
  /** `uptime()` from before the guards were armed last. */
  guardsArmedAt: number | undefined
}

/**
 * Performs one step and returns the proof that it happened, for the journal. Every step may be repeated.
 *
 * @throws PpError with what was seen when the proof does not come within the step's deadline.
 */
export async function performStep(step: SwitchoverStep, run: SwitchoverRun): Promise<unknown> {
  switch (step.kind) {
    case 'prepare-slots':
      return createSlots(run, step.host, step.slots)
    case 'follow':
      return follow(run, step)
    case 'checkpoint':
      return warmUp(run, step.host, step.standby)
    case 'archive':
      return archive(run, step.host)
    case 'prepare-return':
      return changeSettings(run, step.host, {primary_conninfo: step.conninfo, primary_slot_name: step.slot})
    case 'synchronous':
      return setSynchronous(run, step)
    case 'mask':
    case 'unmask':
      return callHost(run, step.host, step.kind, 10)
    case 'arm':
      await armGuards(run, run.intent, step.poolers)
      return {}
    case 'pause':
      return pause(run, step.poolers)
    case 'clear-writers':
      return clearWriters(run, step.host)
    case 'stop':
      return stop(run, step)
    case 'prove':
      return prove(run, step)
    case 'promote':
      return promote(run, step.host)
    case 'probe':
      return probeWrite(run, step.host)
    case 'route':
      return routePoolers(run, step.host, step.poolers, step.host === run.intent.to ? run.moved : new Set())
    case 'checkpoint-new':
      return checkpoint(run, [step.host])
    case 'return':
      return returnAsStandby(run, step)
    case 'drop-slots':
      return dropSlots(run, step.host, step.slots)
    case 'fence':
      return fence(run, step.host)
    case 'unfence':
      return unfence(run, step.host)
    case 'put-back':
      return putBack(run, step.host)
    case 'disarm':
      await restoreLoginRetry(run, step.poolers, run.before)
      return disarmGuards(run, step.poolers)
    case 'restore-settings':
      return restoreSettings(run, step.host, step.settings)
  }
}

function callHost(
  run: SwitchoverRun,
  host: string,
  verb: 'mask' | 'unmask',
  seconds: number,
): Promise<unknown> {
  const helper = run.cluster.acts(host)
  return helper.call(verb, mandate(run, helper, seconds), {timeoutSeconds: seconds})
}

/** A candidate that a promotion may have reached is killed only while it is a standby: as primary it may hold new writes. */
function fence(run: SwitchoverRun, host: string): Promise<unknown> {
  const helper = run.cluster.acts(host)
  const order = {...mandate(run, helper, 30), onlyStandby: host === run.intent.to}
  return helper.call('fence', order, {timeoutSeconds: 30})
}

function unfence(run: SwitchoverRun, host: string): Promise<unknown> {
  const helper = run.cluster.acts(host)
  return helper.call('unfence', {...mandate(run, helper, 10), fencedBy: run.operation, member: host})
}

async function createSlots(run: SwitchoverRun, host: string, slots: readonly string[]): Promise<unknown> {
  const session = await run.cluster.maintenance(host)
  for (const slot of slots) {
    await session.query(
      `select pg_create_physical_replication_slot($1, true) where not exists (select from pg_replication_slots where slot_name = $1)`,
      [slot],
    )
  }
  return {slots}
}

async function dropSlots(run: SwitchoverRun, host: string, slots: readonly string[]): Promise<unknown> {
  const session = await run.cluster.maintenance(host)
  // A walsender lets go of its slot a moment after its standby has moved away.
  await until(`slots ${slots.join(', ')} of ${host} to be dropped`, 10, async () => {
    const rows = await session
      .query<{left: boolean}>(
        `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = any($1) and slot_type = 'physical' and not active`,
        [slots],
      )
      .then(() =>
        session.query<{left: boolean}>(
          `select true as left from pg_replication_slots where slot_name = any($1)`,
          [slots],
        ),
      )
    return rows.length === 0
  })
  return {slots}
}

async function follow(run: SwitchoverRun, step: Extract<SwitchoverStep, {kind: 'follow'}>): Promise<unknown> {
  await changeSettings(run, step.host, {primary_conninfo: step.conninfo, primary_slot_name: step.slot})
  return untilStreaming(run, step.host, step.upstream)
}

/** Lets a standby stream by `conninfo` until it has replayed to `lsn`. */
export async function untilFollowing(
  run: SwitchoverRun,
  host: string,
  conninfo: string,
  lsn: string,
): Promise<void> {
  await changeSettings(run, host, {primary_conninfo: conninfo, primary_slot_name: ''})
  const session = await run.cluster.maintenance(host)
  await until(`${host} to replay ${lsn}`, 30, async () => {
    const [row] = await session.query<{reached: boolean}>(
      'select pg_last_wal_replay_lsn() >= $1::pg_lsn as reached',
      [lsn],
    )
    return row?.reached === true
  })
}

async function untilStreaming(run: SwitchoverRun, host: string, upstream: string): Promise<unknown> {
  let seen = 'not connected'
  await until(
    `${host} to stream from ${upstream}`,
    30,
    async () => {
      try {
        const session = await run.cluster.maintenance(host)
        const [row] = await session.query<{upstream: string; lsn: string}>(
          `select sender_host as upstream, flushed_lsn::text as lsn from pg_stat_wal_receiver where status = 'streaming'`,
        )
        seen = row ? `${row.upstream} ${row.lsn}` : 'no walreceiver'
        return row?.upstream === upstream
      } catch (error) {
        seen = messageOf(error) // starting up: no connection yet
        return false
      }
    },
    () => seen,
  )
  return {host, streaming: seen}
}

// The shutdown checkpoint is then short, and the standby's control file knows the timeline it replays: a restartpoint
// is made from the last checkpoint it has replayed, so it must have replayed one.
async function warmUp(run: SwitchoverRun, primary: string, standby: string): Promise<unknown> {
  await checkpoint(run, [primary])
  const session = await run.cluster.maintenance(primary)
  const [end] = await session.query<{lsn: string}>('select pg_current_wal_lsn()::text as lsn')
  const follower = await run.cluster.maintenance(standby)
  await until(`${standby} to replay ${end?.lsn ?? ''}`, 30, async () => {
    const [row] = await follower.query<{reached: boolean}>(
      'select pg_last_wal_replay_lsn() >= $1::pg_lsn as reached',
      [end?.lsn],
    )
    return row?.reached === true
  })
  return checkpoint(run, [standby, primary])
}

async function checkpoint(run: SwitchoverRun, hosts: readonly string[]): Promise<unknown> {
  for (const host of hosts) {
    const session = await run.cluster.maintenance(host)
    await session.query('checkpoint', [], {timeoutSeconds: 600})
  }
  return {hosts}
}

async function archive(run: SwitchoverRun, host: string): Promise<unknown> {
  const session = await run.cluster.maintenance(host)
  await session.query('select pg_switch_wal()')
  await until(`the archiver of ${host} to have no segment waiting`, 60, async () => {
    if (run.isInterrupted()) throw interrupted(`while the archiver of ${host} had segments waiting`)
    const [row] = await session.query<{ready: string}>(
      `select count(*)::text as ready from pg_ls_archive_statusdir() where name like '%.ready'`,
    )
    return row?.ready === '0'
  })
  return {ready: 0}
}

/** Resolves with what was set, as it may be written down. */
export async function changeSettings(
  run: Pick<SwitchoverRun, 'cluster'>,
  host: string,
  settings: Readonly<Record<string, string>>,
): Promise<unknown> {
  const {primary_conninfo: conninfo} = settings
  const revealed: Readonly<Record<string, string>> = {
    ...settings,
    ...(conninfo !== undefined && {primary_conninfo: run.cluster.conninfoSecrets.reveal(host, conninfo)}),
  }
  const session = await run.cluster.maintenance(host)
  for (const [name, value] of Object.entries(revealed)) {
    // ALTER SYSTEM takes no parameters; the value is quoted as a literal, the name is one of ours.
    await session.query(
      value === '' ? `alter system reset ${name}` : `alter system set ${name} = ${quoteLiteral(value)}`,
    )
  }
  failpoint('before', `reload-${host}`)
  await session.query('select pg_reload_conf()')
  await until(`${host} to take its settings over`, 5, async () => {
    const rows = await session.query<{name: string; value: string}>(
      `select name, current_setting(name) as value from unnest($1::text[]) name`,
      [Object.keys(settings)],
    )
    return rows.every((row) => row.value === revealed[row.name])
  })
  return settings
}

/** Lets a server read what was written for it; resolves once it shows that. */
export async function reloadSettings(cluster: Cluster, host: string): Promise<void> {
  const session = await cluster.maintenance(host)
  const limit = {timeoutSeconds: 2}
  const [asked] = await session.query<{at: string}>(
    'select clock_timestamp()::text as at, pg_reload_conf()',
    [],
    limit,
  )
  await until(`${host} to read its settings`, limit.timeoutSeconds, async () => {
    const read = await session.query(
      'select where pg_conf_load_time() >= $1::timestamptz',
      [asked?.at],
      limit,
    )
    return read.length > 0
  })
}

function restoreSettings(run: SwitchoverRun, host: string, before: ReplicationSettings): Promise<unknown> {
  return changeSettings(run, host, {
    primary_conninfo: before.primaryConninfo,
    primary_slot_name: before.primarySlotName,
    synchronous_standby_names: before.synchronousStandbyNames,
  })
}

async function pause(run: SwitchoverRun, poolers: readonly string[]): Promise<unknown> {
  const {tries, armedAt} = await pausePoolers(run, run.intent, poolers)
  run.guardsArmedAt = armedAt
  return {tries}
}

/** Ends sessions that go round the poolers; never one that waits for a standby, whose commit would then be unknown. */
async function clearWriters(run: SwitchoverRun, host: string): Promise<unknown> {
  const session = await run.cluster.maintenance(host)
  const ended = await session.query<{who: string}>(
    `select format('%s pid %s', usename, pid) as who, pg_terminate_backend(pid)
     from pg_stat_activity a join pg_roles r on r.rolname = a.usename
     where backend_type = 'client backend' and application_name <> 'pp' and not r.rolsuper
       and wait_event is distinct from 'SyncRep'`,
  )
  return {ended: ended.map((row) => row.who)}
}

async function stop(run: SwitchoverRun, step: Extract<SwitchoverStep, {kind: 'stop'}>): Promise<StopProof> {
  const {cluster, intent} = run
  const helper = cluster.acts(step.host)
  const {timeline, systemIdentifier} = intent
  const {guardSeconds} = cluster.fleet.timings
  // Arming takes time while writes wait; a moment ago will do.
  if (run.guardsArmedAt === undefined || uptime() - run.guardsArmedAt > guardSeconds / 8)
    run.guardsArmedAt = await armGuards(run, intent, step.poolers)
  const order = {
    // Whatever delays us from here on, the stop comes only while at least half of the guards' time is left.
    ...mandate(run, helper, guardSeconds / 2, run.guardsArmedAt),
    timeline,
    systemIdentifier,
    timeoutSeconds: 3,
  }
  const [proof] = await Promise.all([
    helper.call('stop', order, {timeoutSeconds: 6}),
    // Meanwhile; the RELOAD comes after the promotion.
    ...step.poolers.map((pooler) => setTarget(run, pooler, step.to)),
  ])
  for (const pooler of step.poolers) run.moved.add(pooler)
  run.stop = proof
  return proof
}

/**
 * Proves that the candidate has every byte the old primary wrote: it has replayed past the start of the shutdown
 * checkpoint, the last record there is, on the same timeline of the same system.
 */
async function prove(run: SwitchoverRun, step: Extract<SwitchoverStep, {kind: 'prove'}>): Promise<unknown> {
  const {intent, cluster} = run
  const session = await cluster.maintenance(step.host)
  const end = run.stop ?? (await endOfStoppedPrimary(run, step.old))
  const deadline = performance.now() + 3000
  for (;;) {
    const [row] = await session.query<{lsn: string; timeline: number; system: string}>(
      `select pg_last_wal_replay_lsn()::text as lsn, (select timeline_id from pg_control_checkpoint()) as timeline,
         (select system_identifier::text from pg_control_system()) as system`,
    )
    if (!row) throw new Error('no row')
    if (row.system !== intent.systemIdentifier || row.timeline !== intent.timeline)
      throw lossNotExcluded(step, `${step.host} is on timeline ${row.timeline} of system ${row.system}`)
    if (lsnBytes(row.lsn) > lsnBytes(end.checkpointLsn)) return {replayLsn: row.lsn, ...end}
    if (performance.now() > deadline)
      throw lossNotExcluded(
        step,
        `${step.host} has replayed to ${row.lsn}, ${step.old} stopped at ${end.checkpointLsn}`,
      )
    await sleep(1)
  }
}

// After an interruption: the control file when it is down, the end of its own WAL when it came back as a standby.
async function endOfStoppedPrimary(run: SwitchoverRun, old: string): Promise<StopProof> {
  const {acts} = run.cluster.links(old)
  if ((!acts || acts.gone.aborted) && run.recordedStop) return run.recordedStop
  const {database} = await run.cluster.acts(old).call('status', {target: run.cluster.database.name})
  const control = database?.control
  const {timeline, systemIdentifier} = run.intent
  if (!control?.crcOk || control.timeline !== timeline || control.systemIdentifier !== systemIdentifier) {
    throw lossNotExcluded({host: run.intent.to, old}, `the control file of ${old} cannot be trusted`)
  }
  if (control.state === 'shut down') return {checkpointLsn: control.checkpointLsn, timeline, systemIdentifier}
  const session = await run.cluster.maintenance(old)
  const [row] = await session.query<{lsn: string}>(
    `select (pg_last_wal_replay_lsn() - 1)::text as lsn where pg_is_in_recovery() and not ${replaysOwnWal}`,
  )
  if (!row)
    throw lossNotExcluded({host: run.intent.to, old}, `${old} accepts writes, or still replays its own WAL`)
  return {checkpointLsn: row.lsn, timeline, systemIdentifier}
}

async function promote(run: SwitchoverRun, host: string): Promise<unknown> {
  const helper = run.cluster.acts(host)
  const {timeline, systemIdentifier} = run.intent
  const order = {
    ...leasedMandate(run, helper, run.intent.windowSeconds),
    timeline,
    systemIdentifier,
    timeoutSeconds: 30,
  }
  return helper.call('promote', order, {timeoutSeconds: 40})
}

/** A write that is in the WAL, with the durability that clients get. */
async function probeWrite(run: SwitchoverRun, host: string): Promise<unknown> {
  const session = await run.cluster.application(host)
  const writing = session.query<{id: string; timeline: string}>(
    `insert into pp.probe (writer, n) select $1, coalesce(max(n), 0) + 1 from pp.probe where writer = $1
     returning id::text, substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) as timeline`,
    [`pp ${run.operation}`],
    {timeoutSeconds: 5},
  )
  writing.catch(() => undefined)
  const isLate = await Promise.race([writing.then(() => false), sleep(1000, true, {ref: false})])
  if (isLate && !run.cluster.database.synchronousModeStrict) await letWritesThrough(run, host)
  const [row] = await writing
  return {row: row?.id, timeline: Number.parseInt(row?.timeline ?? '', 16)}
}

/** When no standby acknowledges what is written, every client's write would hang; `synchronous` puts it back later. */
async function letWritesThrough(run: SwitchoverRun, host: string): Promise<void> {
  const session = await run.cluster.maintenance(host)
  const waiting = await session.query(`select from pg_stat_activity where wait_event = 'SyncRep'`)
  if (waiting.length === 0) return
  run.detail(`no standby acknowledges what ${host} writes: synchronous_standby_names is lowered for now`)
  await changeSettings(run, host, {synchronous_standby_names: ''})
}

/** Inert on a standby. A primary gets it only when enough of those that it lists stream, since its writes would wait for them. */
async function setSynchronous(
  run: SwitchoverRun,
  {host, names}: Extract<SwitchoverStep, {kind: 'synchronous'}>,
): Promise<unknown> {
  const session = await run.cluster.maintenance(host)
  const deadline = performance.now() + 10_000
  for (;;) {
    const [now] = await session.query<{inForce: boolean; isStandby: boolean}>(
      `select current_setting('synchronous_standby_names') = $1 as "inForce", pg_is_in_recovery() as "isStandby"`,
      [names],
    )
    if (now?.inForce) return {names}
    const followers = await session.query<{name: string}>(
      `select application_name as name from pg_stat_replication where state = 'streaming'`,
    )
    const streaming = followers.map(({name}) => name)
    if (now?.isStandby || canAcknowledge(names, streaming))
      return changeSettings(run, host, {synchronous_standby_names: names})
    // The verdict says so.
    if (performance.now() > deadline) return {streaming}
    await sleep(100)
  }
}

async function returnAsStandby(
  run: SwitchoverRun,
  step: Extract<SwitchoverStep, {kind: 'return'}>,
): Promise<unknown> {
  await run.cluster.connect(step.host, {insist: true})
  const helper = run.cluster.acts(step.host)
  await helper.call('start', {...mandate(run, helper, 20), mode: 'standby'}, {timeoutSeconds: 30})
  if (step.settings || step.upstream === undefined) await untilAnswering(run, step.host)
  if (step.settings) await restoreSettings(run, step.host, step.settings)
  if (step.upstream === undefined) return {host: step.host}
  return untilStreaming(run, step.host, step.upstream)
}

async function untilAnswering(run: SwitchoverRun, host: string): Promise<void> {
  await until(`${host} to answer`, 30, async () => {
    try {
      await (await run.cluster.maintenance(host)).query('select')
      return true
    } catch {
      return false // starting up
    }
  })
}

async function putBack(run: SwitchoverRun, host: string): Promise<unknown> {
  await startAsPrimary(run, host, 30)
  return probeWrite(run, host)
}

/** Starts a server as the primary that it was, and waits until it accepts writes. */
export async function startAsPrimary(
  run: SwitchoverRun,
  host: string,
  timeoutSeconds: number,
): Promise<object> {
  await run.cluster.connect(host, {insist: true})
  const helper = run.cluster.acts(host)
  const {systemIdentifier} = run.intent
  const {started} = await helper.call(
    'start',
    {...leasedMandate(run, helper, 20), mode: 'primary', systemIdentifier},
    {timeoutSeconds: 30},
  )
  await until(`${host} to accept writes again`, timeoutSeconds, async () => {
    try {
      const session = await run.cluster.maintenance(host)
      const [row] = await session.query<{writable: boolean}>('select not pg_is_in_recovery() as writable')
      return row?.writable === true
    } catch {
      return false // starting up
    }
  })
  return {started}
}

export async function until(
  what: string,
  seconds: number,
  isSo: () => Promise<boolean>,
  seen: () => string = () => '',
): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!(await isSo())) {
    if (performance.now() > deadline) {
      throw new PpError('degraded', 'STEP_TIMED_OUT', {
        message: `Waited ${seconds} s for ${what}${seen() === '' ? '' : ` (seen last: ${seen()})`}.`,
        hint: 'pp db status',
      })
    }
    await sleep(20)
  }
}

/** A signal in a wait that may take long; what was done before is put back. */
function interrupted(when: string): PpError {
  return new PpError('undone', 'INTERRUPTED', {message: `Stopped ${when}.`, hint: 'pp db status'})
}

function lossNotExcluded(step: {readonly host: string; readonly old: string}, seen: string): PpError {
  return new PpError('undone', 'LOSS_NOT_EXCLUDED', {
    message: `Nothing proves that ${step.host} has every write of ${step.old}: ${seen}.`,
    hint: 'pp db status, then try again when the standby has caught up',
  })
}

function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
