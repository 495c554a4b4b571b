import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync} from 'node:fs'
import {chmod, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import pg from 'pg'

import {freePort} from '../free-port.ts'

/** A PostgreSQL server of a test's own, on loopback, as the account `postgres` when the test runs as root. */
export interface TestServer {
  readonly port: number
  start(): Promise<void>
  /** kill -9 of the postmaster; returns once it is gone. Its backends notice within a moment. */
  kill(): Promise<void>
  /** Keeps writers of a table waiting until the server dies; returns when so many of them do. */
  holdLock(table: string, waiters: number): Promise<void>
  query(sql: string): Promise<readonly Record<string, unknown>[]>
  remove(): Promise<void>
}

const login = {host: '127.0.0.1', user: 'postgres', database: 'postgres'}

export async function makeServer(): Promise<TestServer> {
  const bin = await binFolder()
  const folder = mkdtempSync(path.join(tmpdir(), 'pp-load-test-'))
  await chmod(folder, 0o777)
  const data = path.join(folder, 'data')
  const port = await freePort()
  await once(
    asPostgres([path.join(bin, 'initdb'), '-D', data, '-A', 'trust', '-U', 'postgres', '-N']),
    'close',
  )
  await writeFile(
    path.join(data, 'postgresql.conf'),
    `port = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nrestart_after_crash = off\n`,
  )
  let postmaster: ChildProcess | undefined
  const query = async (sql: string) => {
    const client = new pg.Client({...login, port})
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  const kill = async () => {
    if (postmaster?.exitCode !== null || postmaster.signalCode !== null) return
    const gone = once(postmaster, 'close')
    postmaster.kill('SIGKILL')
    await gone
  }
  return {
    port,
    query,
    kill,
    async holdLock(table, waiters) {
      const client = new pg.Client({...login, port})
      client.on('error', () => undefined)
      await client.connect()
      await client.query(`begin; lock table ${table} in exclusive mode`)
      const waiting = 'select count(*)::int4 as count from pg_locks where not granted'
      while (Number((await query(waiting))[0]?.count) < waiters) await sleep(20)
    },
    async start() {
      postmaster = asPostgres([path.join(bin, 'postgres'), '-D', data])
      const deadline = Date.now() + 20_000
      for (;;) {
        await sleep(50)
        const isUp = await query('select 1').then(
          () => true,
          () => false,
        )
        if (isUp) return
        if (Date.now() > deadline) throw new Error('PostgreSQL does not answer')
        if (postmaster.exitCode !== null) postmaster = asPostgres([path.join(bin, 'postgres'), '-D', data])
      }
    },
    async remove() {
      await kill()
      await rm(folder, {recursive: true, force: true, maxRetries: 20, retryDelay: 100})
    },
  }
}

/** The program itself and no wrapper, so that a signal reaches it. */
function asPostgres([command = '', ...argv]: readonly string[]): ChildProcess {
  const isRoot = process.getuid?.() === 0
  const drop = ['--reuid=postgres', '--regid=postgres', '--init-groups', '--', command, ...argv]
  return isRoot
    ? spawn('setpriv', drop, {stdio: 'ignore', cwd: '/'})
    : spawn(command, argv, {stdio: 'ignore', cwd: '/'})
}

async function binFolder(): Promise<string> {
  const versions = await readdir('/usr/lib/postgresql')
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0]
  if (newest === undefined)
    throw new Error('These tests need a PostgreSQL server: apt-get install postgresql')
  return `/usr/lib/postgresql/${newest}/bin`
}
