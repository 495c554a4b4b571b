// A member's data directory is made anew from the primary's: real PostgreSQL, real pg_basebackup, pg_rewind and pg_waldump.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {act, HostFolder, type HelperProcess} from './helper-process.ts'
import {freePort} from '../free-port.ts'
import {binDirectory, Cluster, hasPostgres, run} from './postgres-cluster.ts'

const suite = hasPostgres ? describe : describe.skip
jest.setTimeout(60_000)

let host: HostFolder
let helper: HelperProcess
/** `old` was primary; `now` is, since it was promoted. */
let old: Cluster
let now: Cluster
let order: Record<string, unknown>

suite('a member that is made anew', () => {
  beforeEach(async () => {
    host = new HostFolder()
    old = new Cluster(host, 'main', await freePort())
    now = new Cluster(host, 'second', await freePort())
    old.initialize(`wal_log_hints = on\nrestore_command = 'false'\nwal_keep_size = 64MB`)
    old.start()
    old.sql('create table sent (n int primary key, t text)')
    now.follow(old)
    now.start()
    await now.answers()
    configure()
    helper = await host.helper()
    await helper.done('raise', {target: 'main', token: 1, operation: 'op-1'})
  })

  afterEach(async () => {
    old.kill()
    now.kill()
    await host.remove()
  })

  /** @param bin where the programs of the old primary's server are. */
  function configure(bin = binDirectory): void {
    const main = {...old.config(), configFile: join(old.data, 'postgresql.conf'), binDirectory: bin}
    host.configure({schemaVersion: 1, host: 'db1', databases: {main, second: now.config()}, poolers: {}})
  }

  /** The standby takes over while the old primary writes on, and then dies. */
  async function failOver(...statements: string[]): Promise<void> {
    now.sql('select pg_promote()')
    for (const statement of statements) old.sql(statement)
    old.kill()
    now.sql("select pg_create_physical_replication_slot('db1', true)")
    now.sql('checkpoint')
    run('touch', [join(old.data, 'standby.signal')])
    const {ancestors} = await helper.done('history', {target: 'second', timeline: 2})
    const source = `host=127.0.0.1 port=${now.port} user=postgres`
    order = {
      systemIdentifier: now.identifier(),
      timeline: 2,
      history: ancestors,
      sourceConninfo: `${source} application_name=pp_clone`,
      conninfo: `${source} application_name=db1`,
      slot: 'db1',
      bytes: 30_000_000,
      timeoutSeconds: 60,
    }
  }

  const rewind = () => {
    const {systemIdentifier, sourceConninfo, conninfo, slot, timeoutSeconds} = order
    return {
      systemIdentifier,
      sourceConninfo: `${String(sourceConninfo)} dbname=postgres`,
      conninfo,
      slot,
      timeoutSeconds,
    }
  }
  const clone = (changes: object = {}) => helper.call('clone', act({...order, ...changes}))
  const start = () => helper.refusal('start', act({mode: 'standby'}))
  const status = async () =>
    (await helper.done('status', {target: 'main'})).database as Record<string, unknown>
  const beside = (kind: string) =>
    readdirSync(host.path).filter((name) => name.startsWith(`data-main.${kind}`))

  /** A program of the server that ends in the middle: what it has done by then stays. */
  function breaking(program: string, script: string): string {
    const bin = join(host.path, 'broken')
    mkdirSync(bin)
    chmodSync(bin, 0o755)
    for (const name of readdirSync(binDirectory ?? ''))
      symlinkSync(join(binDirectory ?? '', name), join(bin, name))
    run('rm', ['-f', join(bin, program)], {uid: process.getuid?.(), gid: process.getgid?.()})
    writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`, {mode: 0o755})
    return bin
  }

  test('is the primary again, follows it, and its old directory lies beside it', async () => {
    await failOver('insert into sent values (1)')
    const made = await clone()
    expect(made).toMatchObject({ok: true, result: {removed: false, kept: {commits: 1}}})
    expect(beside('old')).toHaveLength(1)
    expect(old.has('standby.signal')).toBe(true)
    expect(old.identifier()).toBe(now.identifier())
    now.sql('insert into sent values (2)')
    const port = `port = ${old.port}`
    writeFileSync(
      join(old.data, 'postgresql.auto.conf'),
      `${readFileSync(join(old.data, 'postgresql.auto.conf'), 'utf8')}${port}\n`,
    )
    expect(await start()).toBe('done')
    await old.answers()
    for (let look = 0; look < 200 && old.sql('select count(*) from sent') !== '1'; look++)
      old.sql('select pg_sleep(0.05)')
    expect(old.sql('select pg_is_in_recovery(), string_agg(n::text, $$,$$) from sent')).toBe('t|2')
    expect((await status()).unfinished).toBeNull()
  })

  test('keeps aside what exists nowhere else, by table, transaction and time', async () => {
    await failOver(
      'insert into sent select n, n from generate_series(1, 300) n',
      "begin; insert into sent values (1000); savepoint a; update sent set t = 'x' where n = 1; delete from sent where n = 2; commit",
      'begin; insert into sent values (1001); rollback',
    )
    const {result} = await clone()
    expect(result.kept).toMatchObject({commits: 2})
    const {folder, stamp, relations} = result.kept as {folder: string; stamp: string; relations: string[]}
    const relation = now.sql(
      "select '1663/' || (select oid from pg_database where datname = 'postgres') || '/' || pg_relation_filenode('sent')",
    )
    expect(relations).toContain(relation)
    const named = await helper.done('name-kept', act({stamp, names: {[relation]: 'postgres.public.sent'}}))
    expect(named).toEqual({named: 1})
    const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as {
      tables: {relation: string}[]
      files: {name: string; sha256: string}[]
    }
    expect(summary.tables.find((table) => table.relation === relation)).toEqual({
      relation,
      name: 'postgres.public.sent',
      isCatalog: false,
      inserts: 301,
      updates: 1,
      deletes: 1,
      transactions: 2,
    })
    const transactions = readFileSync(join(folder, 'transactions.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(transactions).toHaveLength(2)
    expect(transactions[1]).toMatchObject({
      committedAt: expect.stringMatching(/^\d{4}-/),
      xid: expect.any(Number),
    })
    const sums = run(
      'sha256sum',
      summary.files.map(({name}) => join(folder, name)),
    )
    for (const {sha256} of summary.files) expect(sums).toContain(sha256)
  })

  test('keeps all of it aside, and says so, where it cannot be read', async () => {
    await failOver('insert into sent values (1)', 'select pg_switch_wal()', 'insert into sent values (2)')
    const [fork] = order.history as {lsn: string}[]
    old.blank(fork?.lsn ?? '', 64)
    const {result} = await clone()
    expect(result.kept).toMatchObject({
      commits: 0,
      problem: expect.stringMatching(/was written|last checkpoint/),
      files: expect.any(Number),
    })
    const {folder, files} = result.kept as {folder: string; files: number}
    expect(files).toBeGreaterThanOrEqual(2)
    expect(readFileSync(join(folder, 'summary.json'), 'utf8')).toContain('"problem": "pg_waldump')
  })

  test('is never started before its copy is complete, and a second one begins afresh', async () => {
    await failOver('insert into sent values (1)')
    configure(breaking('pg_basebackup', 'echo "  1000/4000 kB (25%), 0/1 tablespace"; sleep 60'))
    void clone()
    const watching = await host.helper()
    const progress = () => watching.done('clone-progress', {target: 'main'})
    for (let look = 0; look < 200 && (await progress()).progress === null; look++) await sleep(20)
    expect(await progress()).toEqual({
      progress: {operation: 'op-1', doneBytes: 1_024_000, totalBytes: 4_096_000},
    })
    helper.process.kill('SIGKILL')
    await helper.exited
    helper = watching
    expect((await status()).unfinished).toMatchObject({kind: 'clone', operation: 'op-1', isDatabase: false})
    expect(await start()).toBe('CLONE_UNFINISHED')
    configure()
    expect(await helper.refusal('rewind', act(rewind()))).toBe('CLONE_UNFINISHED')
    // What was kept aside at first is still named by the second one.
    expect(await clone()).toMatchObject({ok: true, result: {kept: {commits: 1}}})
    expect(beside('diverged')).toHaveLength(1)
    expect(beside('pp-clone')).toEqual([])
    expect(existsSync(join(old.data, 'PG_VERSION'))).toBe(true)
    expect((await status()).unfinished).toBeNull()
  })

  test('keeps what only it has also when it is stopped before it has replayed that', async () => {
    await failOver('insert into sent values (1)')
    // It looks for a newer timeline before it replays anything.
    old.configure(`wal_log_hints = on\nrestore_command = 'sleep 3'\nwal_keep_size = 64MB`)
    run(`${binDirectory}/pg_ctl`, ['-D', old.data, '-W', '-l', join(old.data, 'server.log'), 'start'], {
      stdio: 'ignore',
    })
    const log = () => readFileSync(join(old.data, 'server.log'), 'utf8')
    while (!log().includes('database system was interrupted')) await sleep(20)
    expect(await helper.done('rewind', act(rewind()))).toMatchObject({isDiverged: true, kept: {commits: 1}})
  })

  test('is made anew after a rewind that was interrupted, which is neither started nor rewound again', async () => {
    await failOver('insert into sent values (1)')
    configure(
      breaking(
        'pg_rewind',
        `case "$*" in *--dry-run*) exec ${binDirectory}/pg_rewind "$@";; esac; echo the host goes down >&2; exit 1`,
      ),
    )
    expect((await helper.call('rewind', act(rewind()))).error).toEqual({
      code: 'REWIND_FAILED',
      message: 'pg_rewind: the host goes down',
    })
    configure()
    expect(await helper.refusal('rewind', act(rewind()))).toBe('REWIND_UNFINISHED')
    expect(await start()).toBe('REWIND_UNFINISHED')
    expect(await clone()).toMatchObject({ok: true, result: {kept: {commits: 1}}})
    expect((await status()).unfinished).toBeNull()
  })

  test('is left as it was when it may not be touched or the copy fails', async () => {
    await failOver()
    const before = readdirSync(old.data)
    expect((await clone({bytes: 2 ** 50})).error).toMatchObject({
      code: 'DISK_SHORT',
      details: {oldBytes: expect.any(Number)},
    })
    expect((await clone({token: 2})).error.code).toBe('TOKEN_NOT_RAISED')
    expect((await clone({sourceConninfo: 'host=127.0.0.1 port=1 user=postgres'})).error.code).toBe(
      'CLONE_FAILED',
    )
    expect((await clone({systemIdentifier: '1'})).error.code).toBe('IDENTITY_MISMATCH')
    expect(readdirSync(old.data)).toEqual(before)
    expect(beside('')).toEqual([])
    expect((await status()).unfinished).toBeNull()
  })

  test('is refused while it accepts writes', async () => {
    await failOver()
    run('rm', [join(old.data, 'standby.signal')])
    old.start()
    expect((await clone()).error.code).toBe('RUNNING_OTHERWISE')
    expect(old.sql('select pg_is_in_recovery()')).toBe('f')
  })

  test('that has no control file any more is moved aside as a whole', async () => {
    await failOver('insert into sent values (1)')
    run('rm', [join(old.data, 'global/pg_control')])
    expect(await clone()).toMatchObject({ok: true, result: {kept: null, removed: false}})
    expect(existsSync(join(host.path, beside('old')[0] ?? '', 'pg_wal'))).toBe(true)
  })
})
