// Backups and restores on a real pgBackRest and PostgreSQL; the way over TLS is the journeys'.
// Incidents behind it: a restore that was started with the live server's settings and archived over its WAL; one that a
// laptop's closed lid had left half made, and that filled the disk; a backup of a damaged page, found on the day it was needed.
import {afterAll, afterEach, beforeAll, expect, test} from '@jest/globals'
import {execFileSync} from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {HostFolder, type Answer, type HelperProcess} from './helper-process.ts'
import {freePort} from '../free-port.ts'
import {binDirectory, Cluster, hasPostgres, osUser, run} from './postgres-cluster.ts'

const program = '/usr/bin/pgbackrest'
const hasAll = hasPostgres && existsSync(program)
if (!hasAll) console.warn('SKIPPED: tests of backups need pgbackrest and PostgreSQL')
const suite = hasAll ? test : test.skip

interface Backups {
  readonly status: string
  readonly isReady: boolean
  readonly place: string
  readonly systemIdentifier: string
  readonly archive: {readonly first: string | null; readonly last: string | null}
  readonly backups: readonly {readonly label: string; readonly type: string; readonly hasErrors: boolean}[]
}
interface Check {
  readonly id: string
  readonly status: string
  readonly measured: string
}

let host: HostFolder
let live: Cluster
let helper: HelperProcess
const place = (name: string) => join(host.path, name)
const target = {target: 'main'}

beforeAll(async () => {
  if (!hasAll) return
  host = new HostFolder()
  live = new Cluster(host, 'main', await freePort())
  for (const name of ['etc/conf.d', 'repository', 'restore', 'log', 'lock', 'queue'])
    mkdirSync(place(name), {recursive: true})
  for (const name of ['repository', 'restore', 'log', 'lock', 'queue'])
    execFileSync('chown', [osUser, place(name)])
  const common = `[global]\nrepo1-path=${place('repository')}\nrepo1-bundle=y\nrepo1-retention-full=9\nlog-path=${place('log')}\nlock-path=${place('lock')}\nstart-fast=y\narchive-timeout=20\n[main]\n`
  writeFileSync(
    place('etc/pgbackrest.conf'),
    `${common}pg1-path=${live.data}\npg1-port=${live.port}\npg1-socket-path=${place('sockets')}\n`,
  )
  writeFileSync(place('etc/restore.conf'), `${common}pg1-path=${place('restore/data')}\n`)
  const archive = `${program} --config=${place('etc/pgbackrest.conf')} --stanza=main archive-push "%p"`
  // What a restored server must not do as the live one does.
  live.initialize(
    `archive_mode = on\narchive_command = '${archive}'\nshared_preload_libraries = 'pg_stat_statements'`,
  )
  host.configure({
    schemaVersion: 1,
    host: 'edge1',
    databases: {main: live.config()},
    backups: {
      main: {
        osUser,
        isRepository: true,
        binDirectory,
        configFolder: place('etc'),
        restoreDirectory: place('restore'),
        queueDirectory: place('queue'),
      },
    },
  })
  live.start()
  live.sql('create table told (n int, at timestamptz default clock_timestamp())')
  run(program, [`--config=${place('etc/pgbackrest.conf')}`, '--stanza=main', 'stanza-create'])
  helper = await host.helper()
}, 60_000)
afterEach(() => {
  if (hasAll) rmSync(join(host.bin, 'pgbackrest'), {force: true})
})
afterAll(async () => {
  if (!hasAll) return
  await helper.call('restore-clean', target)
  live.kill()
  await host.remove()
})

const info = async () => (await helper.done('backup-info', target)) as unknown as Backups
const backUp = async (type: string) =>
  (await helper.done('backup', {...target, type, timeoutSeconds: 100})).label as string
const now = () =>
  live.sql(`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`)

/** A row that is in the archive, and the time right after it. */
async function tell(n: number): Promise<string> {
  live.sql(`insert into told values (${n})`)
  await sleep(20)
  const time = now()
  await sleep(20)
  live.sql('create table next (); drop table next; select pg_switch_wal()')
  return time
}

async function restore(changes: object): Promise<Answer> {
  const {backups, systemIdentifier} = await info()
  const label = backups.at(-1)?.label
  return helper.call('restore', {
    ...target,
    label,
    bytes: 50_000_000,
    systemIdentifier,
    keep: false,
    quick: true,
    timeoutSeconds: 100,
    ...changes,
  })
}

/** What the restored server answers, on its socket. */
const restored = (query: string): string =>
  run(`${binDirectory}/psql`, [
    '-XAtqw',
    '-h',
    place('restore/socket'),
    '-p',
    '5432',
    '-U',
    'postgres',
    '-d',
    'postgres',
    '-c',
    query,
  ]).trim()
const leftovers = () => readdirOf(place('restore'))
const readdirOf = (folder: string) =>
  execFileSync('ls', [folder], {encoding: 'utf8'}).split('\n').filter(Boolean)

/** Stands before the real pgBackRest, as a script that is run with its arguments. */
function before(script: string): void {
  writeFileSync(join(host.bin, 'pgbackrest'), `#!/bin/sh\n${script}\nexec ${program} "$@"\n`)
  chmodSync(join(host.bin, 'pgbackrest'), 0o755)
}

suite(
  'an empty repository says that it has no backup; one that is made is in it, with what it needs',
  async () => {
    expect(await info()).toMatchObject({
      status: 'no valid backups',
      isReady: true,
      backups: [],
      place: place('repository'),
    })
    const full = await backUp('full')
    const next = await backUp('incr')
    expect(await info()).toMatchObject({
      status: 'ok',
      systemIdentifier: live.identifier(),
      backups: [
        {label: full, type: 'full', hasErrors: false, needs: []},
        {label: next, type: 'incr', needs: [full]},
      ],
    })
    expect(await helper.done('backup-progress', target)).toMatchObject({
      progress: null,
      last: {label: next, problem: null},
    })
  },
  60_000,
)

suite(
  'while one is made, another is refused and told how far it is',
  async () => {
    before('case "$*" in *backup*) sleep 2;; esac')
    const making = helper.done('backup', {...target, type: 'incr', timeoutSeconds: 100})
    const other = await host.helper()
    while (!existsSync(join(host.root, 'run/pp/backup-main.json'))) await sleep(20)
    expect(await other.refusal('backup', {...target, type: 'full', timeoutSeconds: 100})).toBe(
      'BACKUP_RUNNING',
    )
    expect(await other.done('backup-progress', target)).toMatchObject({
      progress: {type: 'incr', step: 'start'},
    })
    expect(await making).toMatchObject({label: expect.stringContaining('I')})
  },
  60_000,
)

suite(
  'one that fails says why, and the next look tells it too',
  async () => {
    before('case "$*" in *backup*) echo "P00  ERROR: [082]: WAL segment was not archived"; exit 82;; esac')
    const answer = await helper.call('backup', {...target, type: 'full', timeoutSeconds: 100})
    expect(answer.error).toMatchObject({
      code: 'BACKUP_FAILED',
      message: 'ERROR: [082]: WAL segment was not archived',
    })
    expect(await helper.done('backup-progress', target)).toMatchObject({
      last: {label: null, problem: expect.stringContaining('[082]')},
    })
  },
  60_000,
)

suite(
  'where no standby answers the primary is copied',
  async () => {
    before(
      'case "$*" in *--no-backup-standby*) ;; *backup*) echo "P00  ERROR: [056]: unable to find standby cluster - cannot proceed"; exit 56;; esac',
    )
    expect(await helper.done('backup', {...target, type: 'incr', timeoutSeconds: 100})).toMatchObject({
      isFromStandby: false,
    })
  },
  60_000,
)

suite(
  'a restore to a time has what was written before and not what came after, is checked, alone, and kept when asked',
  async () => {
    live.sql(
      `create schema pp; create table pp.heartbeat (written_at timestamptz); insert into pp.heartbeat values (clock_timestamp())`,
    )
    const time = await tell(1)
    live.sql(`update pp.heartbeat set written_at = clock_timestamp()`)
    await tell(2)
    const timeline = live.control("Latest checkpoint's TimeLineID")
    const answer = await restore({toTime: time, keep: true, quick: false})
    expect(answer).toMatchObject({ok: true})
    const checks = answer.result.checks as Check[]
    expect(checks.filter(({status}) => status !== 'ok')).toEqual([])
    expect(checks.map(({id}) => id)).toEqual([
      'identity',
      'target',
      'heartbeat',
      'database.postgres',
      'amcheck',
      'checksums',
    ])
    expect((answer.result.phases as {id: string}[]).map(({id}) => id)).toEqual([
      'restore',
      'recover',
      'check',
      'pages',
    ])
    expect(restored("select string_agg(n::text, ',') from told")).toBe('1')
    const settings = `'listen_addresses', 'archive_mode', 'primary_conninfo', 'shared_preload_libraries'`
    expect(
      restored(
        `select string_agg(name || '=' || setting, ' ' order by name) from pg_settings where name in (${settings})`,
      ),
    ).toBe('archive_mode=off listen_addresses= primary_conninfo= shared_preload_libraries=')
    expect(live.sql("select string_agg(n::text, ',') from told")).toBe('1,2')
    expect(live.control("Latest checkpoint's TimeLineID")).toBe(timeline)

    expect(await restore({})).toMatchObject({ok: false, error: {code: 'RESTORE_KEPT'}})
    expect(await helper.done('restore-progress', target)).toMatchObject({
      left: {isKept: true, toTime: time, port: 5432},
    })
    expect(await helper.done('restore-clean', target)).toEqual({ended: false, removed: true})
    expect(leftovers()).toEqual([])
  },
  100_000,
)

suite(
  'one to a position, and one to the end of the archive, are taken away again',
  async () => {
    await tell(3)
    const lsn = live.sql('select pg_current_wal_lsn()')
    await tell(4)
    expect(await restore({toLsn: lsn})).toMatchObject({
      ok: true,
      result: {kept: null, reached: {stoppedAt: expect.stringContaining('LSN')}},
    })
    expect(await restore({})).toMatchObject({ok: true, result: {reached: {stoppedAt: null}}})
    expect(leftovers()).toEqual([])
  },
  100_000,
)

suite(
  'a target that the archive does not come to is refused with how far it comes, and leaves nothing',
  async () => {
    const answer = await restore({toTime: '2100-01-01 00:00:00+00'})
    expect(answer.error).toMatchObject({
      code: 'RESTORE_TARGET_NOT_REACHED',
      message: expect.stringMatching(/last transaction in it is of 20/),
    })
    expect(leftovers()).toEqual([])
  },
  60_000,
)

suite(
  'what a helper that was killed has left is removed by the next restore, its server first',
  async () => {
    const killed = await host.helper()
    const {backups, systemIdentifier} = await info()
    void killed.call('restore', {
      ...target,
      label: backups.at(-1)?.label,
      bytes: 1,
      systemIdentifier,
      keep: false,
      quick: false,
      timeoutSeconds: 100,
    })
    while (!existsSync(place('restore/data/postmaster.pid'))) await sleep(10)
    const pid = Number(readFileSync(place('restore/data/postmaster.pid'), 'utf8').split('\n')[0])
    killed.process.kill('SIGKILL')
    await killed.exited
    expect(await helper.done('restore-progress', target)).toMatchObject({
      progress: null,
      left: {isKept: false},
    })
    expect(await restore({})).toMatchObject({ok: true})
    expect(existsSync(`/proc/${pid}`)).toBe(false)
    expect(leftovers()).toEqual([])
  },
  100_000,
)

suite(
  'one that runs is ended by a clean, and says so',
  async () => {
    before(
      'case "$*" in *restore.conf*restore*) while sleep 0.2; do echo "P01 DETAIL: restore file x (1MB, 10.00%) checksum 0"; done;; esac',
    )
    const restoring = restore({})
    const other = await host.helper()
    const progress = async () =>
      (await other.done('restore-progress', target)).progress as {percent: number | null} | null
    while ((await progress())?.percent !== 10) await sleep(50)
    expect(await other.done('restore-clean', target)).toMatchObject({ended: true})
    expect(await restoring).toMatchObject({ok: false, error: {code: 'RESTORE_STOPPED'}})
    expect(leftovers()).toEqual([])
  },
  60_000,
)

suite(
  'a disk without room is refused before anything is written',
  async () => {
    expect(await restore({bytes: 2 ** 50})).toMatchObject({
      ok: false,
      error: {code: 'DISK_SHORT', details: {neededBytes: expect.any(Number)}},
    })
    expect(leftovers()).toEqual([])
  },
  60_000,
)

suite(
  'a page that was damaged before the backup is named by it, and by the checks of a restore',
  async () => {
    live.sql('create table damaged as select generate_series(1, 1000) n; checkpoint')
    const file = join(live.data, live.sql(`select pg_relation_filepath('damaged')`))
    live.kill()
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, Buffer.from('damage'), 0, 6, 4000)
    closeSync(descriptor)
    live.start()
    await backUp('full')
    expect((await info()).backups.at(-1)).toMatchObject({hasErrors: true})
    const answer = await restore({quick: false})
    const checks = (answer.result.checks as Check[]).filter(({status}) => status !== 'ok')
    expect(checks.map(({id}) => id)).toEqual(expect.arrayContaining(['checksums']))
  },
  100_000,
)

suite('a member tells what it has still to send, and since when', async () => {
  writeFileSync(place('queue/000000010000000000000001'), '')
  expect(await helper.done('backup-queue', target)).toMatchObject({
    waiting: 1,
    oldestSeconds: expect.any(Number),
  })
})
