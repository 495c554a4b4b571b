import {uptime} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'

import type {PoolerProcess} from '../drivers/pgbouncer/types.ts'
import {PpError} from '../errors.ts'
import type {Cluster} from './cluster.ts'
import {mandate, type Acting} from './mandate.ts'
import type {BeforeImages, SwitchoverIntent} from './types.ts'

const tries = 3

/**
 * Arms the dead-man guards, anew when they are armed already. They stop waiting 5 s before the first client gives up.
 *
 * @returns `uptime()` from before: no guard fires earlier than `guardSeconds` after it.
 */
export async function armGuards(
  acting: Acting,
  intent: SwitchoverIntent,
  poolers: readonly string[],
): Promise<number> {
  const armedAt = uptime()
  const {cluster} = acting
  const {from, to, timeline, systemIdentifier} = intent
  const afterSeconds = cluster.fleet.timings.guardSeconds
  const hardLimitSeconds = intent.patienceSeconds - 5
  await Promise.all(
    poolers.map((host) => {
      const helper = cluster.acts(host)
      const order = {from, to, timeline, systemIdentifier, afterSeconds, hardLimitSeconds}
      return helper.call('arm', {...mandate(acting, helper, 5), ...order})
    }),
  )
  return armedAt
}

export async function disarmGuards(acting: Acting, poolers: readonly string[]): Promise<void> {
  await Promise.all(
    poolers.map((host) => {
      const helper = acting.cluster.acts(host)
      return helper.call('disarm', mandate(acting, helper, 10))
    }),
  )
}

/**
 * Holds all clients: when it returns, no pooler has a connection to `host`, and transactions wait.
 *
 * Guards are armed anew before each try, since a pause without one could outlive us.
 *
 * @throws PpError PAUSE_TIMED_OUT after three tries; everything is resumed again, and the message names who is in the way.
 */
export async function pausePoolers(
  acting: Acting,
  intent: SwitchoverIntent,
  poolers: readonly string[],
): Promise<{readonly tries: number; readonly armedAt: number}> {
  const {cluster} = acting
  const processes = poolers.flatMap((host) => cluster.poolers(host))
  for (let attempt = 1; attempt <= tries; attempt++) {
    const armedAt = await armInTime(acting, intent, poolers)
    if (await pauseOnce(cluster, processes, intent)) return {tries: attempt, armedAt}
    const blockers = await openTransactions(cluster, intent.from)
    await forEachEntry(cluster, processes, (process, entry) => process.takeBack(entry))
    if (attempt === tries) throw pauseTimedOut(intent, blockers)
    acting.detail(`try ${attempt} of ${tries}: ${blockers}; clients go on meanwhile`)
    await Promise.all(processes.map((process) => process.reopen()))
    await sleep(cluster.fleet.timings.guardSeconds * 250 * (1 + Math.random()))
  }
  throw new Error('unreachable')
}

/** However long arming took, or we were stopped meanwhile: afterwards at least half of every guard's time is left. */
async function armInTime(
  acting: Acting,
  intent: SwitchoverIntent,
  poolers: readonly string[],
): Promise<number> {
  for (;;) {
    const armedAt = await armGuards(acting, intent, poolers)
    if (uptime() - armedAt < acting.cluster.fleet.timings.guardSeconds / 2) return armedAt
  }
}

async function pauseOnce(
  cluster: Cluster,
  processes: readonly PoolerProcess[],
  {from, pauseSeconds}: SwitchoverIntent,
): Promise<boolean> {
  const deadline = performance.now() + pauseSeconds * 1000
  await Promise.all(processes.map((process) => process.setLoginRetry(0)))
  await untilNobodyLogsIn(cluster, processes)
  const pauses = forEachEntry(cluster, processes, (process, entry) =>
    process.pause(entry, {timeoutSeconds: pauseSeconds}),
  )
  // The answer to PAUSE proves nothing; only SHOW SERVERS does. A late answer must not be an unhandled rejection.
  pauses.catch(() => undefined)
  for (;;) {
    const drained = await forEachEntry(cluster, processes, (process, entry) => process.isDrained(entry, from))
    if (drained.every(Boolean)) return true
    if (performance.now() > deadline) return false
    await sleep(2)
  }
}

/** A login that the pause cuts short counts as failed (`untilLoggedIn`), so it gets a moment to end by itself. */
async function untilNobodyLogsIn(cluster: Cluster, processes: readonly PoolerProcess[]): Promise<void> {
  const deadline = performance.now() + 200
  for (;;) {
    const pools = (await Promise.all(processes.map((process) => process.pools()))).flat()
    const isLoggingIn = pools.some(
      (pool) => cluster.database.applicationDatabases.includes(pool.database) && pool.serversLogin > 0,
    )
    if (!isLoggingIn || performance.now() > deadline) return
    await sleep(2)
  }
}

/** Moves the file with the target into place; PgBouncer reads it at the next RELOAD. */
export async function setTarget(acting: Acting, pooler: string, host: string): Promise<void> {
  const helper = acting.cluster.acts(pooler)
  await helper.call('set-target', {...mandate(acting, helper, 10), host})
}

/**
 * Points every process at `host`, lets clients go on, and proves it. Guards and login retries are not touched: clients
 * wait for this and for nothing else.
 *
 * @param moved pooler hosts whose file leads to `host` already.
 */
export async function routePoolers(
  acting: Acting,
  host: string,
  poolers: readonly string[],
  moved: ReadonlySet<string>,
): Promise<void> {
  const {cluster} = acting
  const outcomes = await Promise.allSettled(
    poolers.map(async (pooler) => {
      if (!moved.has(pooler)) await setTarget(acting, pooler, host)
      await Promise.all(cluster.poolers(pooler).map((process) => routeProcess(cluster, process, host)))
    }),
  )
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

/** Gives every process the login retry that it had, once its clients have logged in. */
export async function restoreLoginRetry(
  {cluster}: Acting,
  poolers: readonly string[],
  before: BeforeImages | undefined,
): Promise<void> {
  await Promise.allSettled(
    poolers.flatMap((pooler) =>
      cluster.poolers(pooler).map(async (process) => {
        const seconds = before?.poolers.find((image) => image.host === pooler)?.loginRetrySeconds[
          process.process
        ]
        if (seconds === undefined) return
        await untilLoggedIn(cluster, process)
        await process.setLoginRetry(seconds)
      }),
    ),
  )
}

/**
 * Waits until every pool that clients use has logged in to its server, but not for ever.
 *
 * PAUSE and RELOAD count a login that they cut short as failed, until one succeeds. With the default `server_login_retry`
 * PgBouncer turns all clients of such a pool away at once: seen right after RESUME, 30 of 100 new clients a second.
 */
async function untilLoggedIn(cluster: Cluster, process: PoolerProcess): Promise<void> {
  const deadline = performance.now() + 3000
  for (;;) {
    const pools = await process.pools()
    const isLoggingIn = pools.some(
      (pool) =>
        cluster.database.applicationDatabases.includes(pool.database) &&
        pool.clientsActive + pool.clientsWaiting > 0 &&
        pool.serversActive + pool.serversIdle === 0,
    )
    if (!isLoggingIn || performance.now() > deadline) return
    await sleep(10)
  }
}

async function routeProcess(cluster: Cluster, process: PoolerProcess, host: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await routeOnce(cluster, process, host)
      return
    } catch (error) {
      // The guard stays armed and goes on where this ends.
      if (attempt === tries) throw error
      await sleep(100)
    }
  }
}

async function routeOnce(cluster: Cluster, process: PoolerProcess, host: string): Promise<void> {
  const {applicationDatabases} = cluster.database
  await process.reloadAndResume(applicationDatabases)
  const databases = await process.databases()
  const ours = databases.filter((entry) => applicationDatabases.includes(entry.name))
  const astray = ours.find((entry) => entry.host !== host)
  if (astray) {
    throw new PpError('degraded', 'POOLER_NOT_MOVED', {
      message: `${process.host} ${process.process} still sends ${astray.name} to ${astray.host ?? 'its own host'} after RELOAD.`,
      hint: 'pp db status',
    })
  }
  // A PAUSE may arrive after its RESUME, and once the guard is disarmed nobody lifts it.
  const paused = ours.find((entry) => entry.isPaused)
  if (paused) {
    throw new PpError('human', 'POOLER_STILL_PAUSED', {
      message: `${process.host} ${process.process} still shows ${paused.name} paused after RESUME.`,
      hint: 'pp db status',
    })
  }
}

function forEachEntry<T>(
  cluster: Cluster,
  processes: readonly PoolerProcess[],
  act: (process: PoolerProcess, entry: string) => Promise<T>,
): Promise<T[]> {
  const {applicationDatabases} = cluster.database
  return Promise.all(processes.flatMap((process) => applicationDatabases.map((entry) => act(process, entry))))
}

/** Never throws: after an interruption the old primary may be stopped, and clients must still be let go. */
async function openTransactions(cluster: Cluster, host: string): Promise<string> {
  try {
    return await askForTransactions(cluster, host)
  } catch {
    return `server connections did not close; ${host} does not say who holds them`
  }
}

async function askForTransactions(cluster: Cluster, host: string): Promise<string> {
  const session = await cluster.maintenance(host)
  const rows = await session.query<{who: string}>(
    `select format('%s@%s (pid %s, %s for %s s)', usename, coalesce(host(client_addr), 'local'), pid, state,
       round(extract(epoch from clock_timestamp() - xact_start))) as who
     from pg_stat_activity where backend_type = 'client backend' and xact_start is not null and pid <> pg_backend_pid()
       and application_name <> 'pp' order by xact_start limit 5`,
    [],
    {timeoutSeconds: 2},
  )
  return rows.length > 0
    ? `open transactions: ${rows.map((row) => row.who).join(', ')}`
    : 'server connections did not close'
}

function pauseTimedOut({database, pauseSeconds, from}: SwitchoverIntent, blockers: string): PpError {
  return new PpError('undone', 'PAUSE_TIMED_OUT', {
    message: `${database}: the poolers could not be paused within ${pauseSeconds} s in ${tries} tries; ${blockers}.`,
    hint: `End those transactions on ${from}, or allow more time: pp failover db ${database} --pause-budget 5s`,
  })
}
