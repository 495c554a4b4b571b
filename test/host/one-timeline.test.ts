// Two members that were primary on one timeline: real PostgreSQL, real pg_rewind, which takes them for one another's standbys.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {readdirSync, readFileSync, statfsSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {act, HostFolder, type HelperProcess} from './helper-process.ts'
import {freePort} from '../free-port.ts'
import {Cluster, hasPostgres, run} from './postgres-cluster.ts'

const suite = hasPostgres ? describe : describe.skip
jest.setTimeout(120_000)

let host: HostFolder
let helper: HelperProcess
let first: Cluster
/** Both were promoted; `now` is primary, `old` comes back. */
let old: Cluster
let now: Cluster

suite('a member that was primary on the timeline of the primary', () => {
  beforeEach(async () => {
    host = new HostFolder()
    const [one, two, three] = [await freePort(), await freePort(), await freePort()]
    first = new Cluster(host, 'first', one)
    old = new Cluster(host, 'main', two)
    now = new Cluster(host, 'second', three)
    first.initialize()
    first.start()
    first.sql('create table sent (n int)')
    for (const standby of [old, now]) {
      standby.follow(first)
      standby.configure(
        `primary_conninfo = 'host=127.0.0.1 port=${one} user=postgres'\nrestore_command = 'false'`,
      )
      standby.start()
    }
    const end = first.sql('select pg_current_wal_flush_lsn()')
    for (const standby of [old, now])
      while (standby.sql(`select pg_last_wal_receive_lsn() >= '${end}'`) !== 't')
        standby.sql('select pg_sleep(0.05)')
    first.kill()
    const main = {...old.config(), configFile: join(old.data, 'postgresql.conf')}
    host.configure({schemaVersion: 1, host: 'db1', databases: {main, second: now.config()}, poolers: {}})
    helper = await host.helper()
    await helper.done('raise', {target: 'main', token: 1, operation: 'op-1'})
    for (const standby of [old, now]) standby.sql('select pg_promote()')
    old.sql('insert into sent values (1)')
    now.sql('insert into sent values (2)')
    now.sql("select pg_create_physical_replication_slot('db1', true)")
    now.sql('checkpoint')
    old.kill()
    run('touch', [join(old.data, 'standby.signal')])
  })

  afterEach(async () => {
    for (const cluster of [first, old, now]) cluster.kill()
    await host.remove()
  })

  const order = () => {
    const source = `host=127.0.0.1 port=${now.port} user=postgres`
    return {
      systemIdentifier: now.identifier(),
      conninfo: `${source} application_name=db1`,
      slot: 'db1',
      timeoutSeconds: 60,
    }
  }
  const rewind = () =>
    helper.call(
      'rewind',
      act({...order(), sourceConninfo: `host=127.0.0.1 port=${now.port} user=postgres dbname=postgres`}),
    )
  const clone = async (changes: object) => {
    const {ancestors} = await helper.done('history', {target: 'second', timeline: 2})
    const sourceConninfo = `host=127.0.0.1 port=${now.port} user=postgres application_name=pp_clone`
    return helper.call(
      'clone',
      act({...order(), sourceConninfo, timeline: 2, history: ancestors, ...changes}),
    )
  }

  test('is not rewound but copied, and its standby of that timeline follows', async () => {
    expect(now.control("Latest checkpoint's TimeLineID")).toBe('2')
    expect((await rewind()).error).toMatchObject({
      code: 'REWIND_FAILED',
      message: 'Both were primary on one timeline, where pg_rewind sees no fork.',
    })
    expect(await clone({bytes: 30_000_000})).toMatchObject({ok: true, result: {removed: false}})
    // The old directory has what only it had.
    expect(readdirSync(host.path).filter((name) => name.startsWith('data-main.old'))).toHaveLength(1)

    const settings = join(old.data, 'postgresql.auto.conf')
    writeFileSync(settings, `${readFileSync(settings, 'utf8')}port = ${old.port}\n`)
    old.start()
    await old.answers()
    run(join(old.config().binDirectory ?? '', 'pg_ctl'), ['-D', old.data, '-m', 'fast', '-w', 'stop'])
    expect(await rewind()).toMatchObject({ok: true, result: {isDiverged: false, kept: null}})
  })

  test('leaves its WAL aside when its old directory has to go', async () => {
    const junk = 600 * 1024 * 1024
    run('fallocate', ['-l', String(junk), join(old.data, 'junk')])
    const {bavail, bsize} = statfsSync(host.path)
    // As much as is free once the old directory is half gone.
    const bytes = Math.floor((bavail * bsize + junk / 2 - 64 * 1024 * 1024) / 1.05)
    const {result} = await clone({bytes, removeOld: true})
    expect(result).toMatchObject({removed: true, old: null, kept: {commits: null, problem: null}})
    const {folder} = result.kept as {folder: string}
    expect(readdirSync(folder)).toContainEqual(expect.stringMatching(/^00000002[0-9A-F]{16}$/))
  })
})
