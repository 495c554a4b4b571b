// The outside prober as pp starts, reads and stops it, with real poolers and a real server that freezes and dies.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, readdirSync, readFileSync, utimesSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import {type AddressInfo, createServer as createTcpServer} from 'node:net'
import {join} from 'node:path'

import {attachProber, startProber, type Prober, type Seen} from '../../src/lib/drivers/prober/prober.ts'
import type {Marker, OutsideProbe, ProberConfig} from '../../src/lib/drivers/prober/types.ts'
import {openSql} from '../../src/lib/drivers/postgres/open-sql.ts'
import {acknowledgedOf, gapOf, lostOf} from '../../src/lib/drill/report/markers.ts'
import {presentRows} from '../../src/lib/drill/present-rows.ts'
import {startPgbouncer, pgbouncerProgram, type Pgbouncer} from '../drivers/servers/pgbouncer.ts'
import {describeWith} from '../drivers/servers/describe-with.ts'
import {removeFolder, temporaryFolder} from '../drivers/servers/program.ts'
import {monotonic, PlainWriter} from './plain-writer.ts'
import {freePort} from '../free-port.ts'
import {Cluster} from './postgres-cluster.ts'
import {ClientHost, until} from './prober-host.ts'

jest.setTimeout(120_000)

const password = 'sentinel "7f3a" \\ words'
const psycopg = '/usr/lib/python3/dist-packages/psycopg2'

describeWith([pgbouncerProgram, '/usr/bin/python3', psycopg], 'the outside prober', () => {
  let host: ClientHost
  let server: Cluster
  let folders: string[]
  let poolers: Pgbouncer[]
  let witnesses: PlainWriter[]

  beforeEach(async () => {
    host = new ClientHost()
    server = new Cluster(host, 'main', await freePort())
    server.initialize('track_commit_timestamp = on')
    server.start()
    server.sql(
      `create schema pp; create table pp.probe (id bigint generated always as identity primary key, writer text not null,
        n bigint not null, written_at timestamptz not null default clock_timestamp(), unique (writer, n))`,
    )
    folders = await Promise.all([temporaryFolder(), temporaryFolder()])
    const entry = `app = host=127.0.0.1 port=${server.port} dbname=postgres user=postgres pool_size=20`
    poolers = []
    witnesses = []
    for (const folder of folders)
      poolers.push(await startPgbouncer(folder, password, [entry], ['server_login_retry = 0.1']))
  })

  afterEach(async () => {
    await Promise.all(witnesses.map((witness) => witness.stop()))
    for (const pooler of poolers) {
      pooler.child.kill('SIGCONT')
      await pooler.stop()
    }
    thaw(server)
    server.kill()
    await host.remove()
    for (const folder of folders) await removeFolder(folder)
  })

  const config = (changes: Partial<ProberConfig> = {}): ProberConfig => ({
    run: 'R1',
    poolers: poolers.map(({port}) => ({host: '127.0.0.1', port})),
    login: {user: 'pp_admin', password, database: 'app'},
    paceSeconds: 0.1,
    timeoutSeconds: 1.5,
    lifeSeconds: 120,
    probes: [],
    ...changes,
  })
  const start = async (changes: Partial<ProberConfig> = {}): Promise<Prober> =>
    startProber((await host.opened()).helper, config(changes))

  const acknowledged = ({markers}: Seen): readonly Marker[] =>
    markers.filter(({fate}) => fate === 'acknowledged')
  /** Waits for rows that were acknowledged from now on. */
  const answeredAgain = (prober: Prober, rows = 5): Promise<Seen> => {
    const now = monotonic()
    return until(
      () => prober.read(),
      (seen) => acknowledged(seen).filter(({startedAt}) => startedAt > now).length >= rows,
    )
  }
  const numbersInTable = (run = 'R1'): readonly number[] =>
    server
      .sql(`select n from pp.probe where writer = 'drill-${run}' order by n`)
      .split('\n')
      .filter((line) => line !== '')
      .map(Number)
  const ranges = (numbers: readonly number[]) =>
    numbers.map((n) => ({writer: 'drill-R1', first: n, last: n, extra: 0}))
  const plain = (pooler: Pgbouncer): PlainWriter => {
    const login = {user: 'pp_admin', password, database: 'app'}
    const witness = new PlainWriter({host: '127.0.0.1', port: pooler.port, ...login})
    witnesses.push(witness)
    return witness
  }

  test('numbers its rows, and every one that was acknowledged is there', async () => {
    const prober = await start()
    await answeredAgain(prober, 10)
    await prober.stop()
    const seen = await prober.read()
    expect(seen).toMatchObject({isRunning: false, ended: 'stopped'})
    // A row has its line when it ends, and one that began later may end first.
    const numbers = seen.markers.map(({n}) => n).sort((a, b) => a - b)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    expect(numbersInTable()).toEqual(acknowledgedOf(seen.markers))
    expect(seen.markers.every(({startedAt, endedAt}) => endedAt >= startedAt)).toBe(true)
  })

  test('has its rows counted on a member in ranges, apart from those of a run with a longer name', async () => {
    const rows = [1, 2, 3, 7, 9, 10].map((n) => `('drill-R1', ${n})`)
    server.sql(`insert into pp.probe (writer, n) values ('drill-R10', 1), ${rows.join(', ')}`)
    const session = await openSql({
      host: '127.0.0.1',
      port: server.port,
      user: 'postgres',
      password,
      database: 'postgres',
      tls: {mode: 'disable'},
      applicationName: 'test',
    })
    const found = await presentRows(session, 'R1')
    const [setting] = await session.query<{enable_indexscan: string}>('show enable_indexscan')
    await session.close()
    expect(found.map(({first, last}) => [first, last]).sort(([a], [b]) => a! - b!)).toEqual([
      [1, 3],
      [7, 7],
      [9, 10],
    ])
    expect(setting).toEqual({enable_indexscan: 'on'})
  })

  describe('while the server', () => {
    test('stands still, keeps its pace, and finds afterwards what nobody had answered for', async () => {
      const prober = await start()
      // At the other pooler, so that it takes no connection to the server from the prober.
      const witness = plain(poolers[1]!)
      await answeredAgain(prober)
      freeze(server)
      const frozenAt = monotonic()
      const during = await until(
        () => prober.read(),
        ({markers}) =>
          markers.filter(({startedAt, fate}) => startedAt > frozenAt && fate === 'unknown').length >= 5,
      )
      thaw(server)
      const {markers} = await answeredAgain(prober)
      await witness.stop()
      await prober.stop()

      expect(during.markers.filter(({startedAt}) => startedAt > frozenAt).map(({code}) => code)).toContain(
        'NO_ANSWER',
      )
      const gap = gapOf(markers, frozenAt, monotonic())!
      // One that hung kept nobody: ten and more were under way at once.
      expect(mostAtOnce(markers)).toBeGreaterThanOrEqual(8)
      expect(gap.longestPauseSeconds).toBeLessThan(config().timeoutSeconds)
      expectSameGap(gap, witness.gap(), markers)
      // The server did what it had been sent before it stood still; who asked had given up by then.
      const judged = lostOf((await prober.read()).markers, ranges(numbersInTable()))
      expect(judged.lost).toEqual([])
      expect(judged.unknownFound).toBeGreaterThan(0)
    })

    test('dies, tells what surely did not happen from what nobody knows', async () => {
      const prober = await start()
      const witness = plain(poolers[1]!)
      await answeredAgain(prober)
      // A row that waits for this lock is under way when the server dies.
      const locked = monotonic()
      const holder = holdLock(server)
      await until(
        () => waiters(server),
        (count) => count >= 2,
      )
      server.kill()
      await holder
      await until(
        () => prober.read(),
        ({markers}) =>
          markers.filter(({startedAt, fate}) => startedAt > locked && fate === 'failed').length >= 5,
      )
      server.start()
      await answeredAgain(prober)
      await witness.stop()
      await prober.stop()

      const {markers} = await prober.read()
      const present = new Set(numbersInTable())
      const of = (fate: string) => markers.filter((marker) => marker.fate === fate)
      expect(of('unknown').length).toBeGreaterThanOrEqual(1)
      expect(of('failed').filter(({n}) => present.has(n))).toEqual([])
      expect(of('acknowledged').filter(({n}) => !present.has(n))).toEqual([])
      expect(lostOf(markers, ranges([...present])).lost).toEqual([])
      expectSameGap(gapOf(markers, locked, monotonic())!, witness.gap(), markers)
    })
  })

  describe('of two poolers', () => {
    test('goes on with the other one when the first is gone, without a row that failed', async () => {
      const prober = await start()
      const before = await answeredAgain(prober)
      const used = before.markers.at(-1)?.pooler
      const gone = poolers.findIndex(({port}) => used === `127.0.0.1:${port}`)
      const killedAt = monotonic()
      const {child} = poolers[gone]!
      child.kill('SIGKILL')
      await once(child, 'exit')
      // One that begins before may still find it, and not know what became of its row.
      const goneAt = monotonic()
      const {markers} = await answeredAgain(prober)
      const since = (at: number) => markers.filter(({startedAt}) => startedAt > at)
      expect(new Set(since(goneAt).map(({pooler}) => pooler))).toEqual(
        new Set([`127.0.0.1:${poolers[1 - gone]!.port}`]),
      )
      expect(since(killedAt).map(({fate}) => fate)).not.toContain('failed')
    })

    test('loses one row, and no time-out, to one that stands still', async () => {
      const prober = await start()
      const frozenAt = await freezeUsed(prober)
      const {markers} = await until(
        () => prober.read(),
        ({markers}) => markers.some(({endedAt, fate}) => endedAt > frozenAt && fate === 'unknown'),
      )
      const tries = markers.filter(({endedAt}) => endedAt > frozenAt)
      const first = tries.findIndex(({fate}) => fate === 'acknowledged')
      expect(first).toBeGreaterThanOrEqual(0)
      expect(tries.filter(({fate}) => fate !== 'acknowledged').length).toBeLessThanOrEqual(2)
    })

    /**
     * Freezes the pooler that rows go through. On a busy machine they may have gone on to the other one in that moment.
     * The row that hangs may have begun before it.
     */
    async function freezeUsed(prober: Prober): Promise<number> {
      for (;;) {
        const before = await answeredAgain(prober)
        const frozen = poolers.find(({port}) => before.markers.at(-1)?.pooler === `127.0.0.1:${port}`)!
        const frozenAt = monotonic()
        frozen.child.kill('SIGSTOP')
        const {markers} = await until(
          () => prober.read(),
          ({markers}) => markers.filter(({startedAt}) => startedAt > frozenAt).length >= 6,
        )
        if (markers.some(({endedAt, fate}) => endedAt > frozenAt && fate === 'unknown')) return frozenAt
        // A row that hangs has no line yet, though later ones have.
        const numbers = new Set(markers.map(({n}) => n))
        const older = Array.from({length: Math.max(...numbers) - 3}, (_one, index) => index + 1)
        if (older.some((n) => !numbers.has(n))) return frozenAt
        frozen.child.kill('SIGCONT')
      }
    }
  })

  test('lives on when the helper that started it is killed, and is found again', async () => {
    const first = await host.opened()
    const prober = await startProber(first.helper, config())
    first.process.kill('SIGKILL')
    await expect(prober.read()).rejects.toMatchObject({code: 'HELPER_GONE'})
    const {helper} = await host.opened()
    const found = await attachProber(helper, 'R1')
    await answeredAgain(found)
    expect(await helper.call('prober-start', config())).toEqual({started: false, already: true})
    expect(found.clocks).toEqual(prober.clocks)
    expect(Math.abs(found.now().seconds - monotonic())).toBeLessThan(found.now().uncertaintySeconds + 0.1)
    await found.stop()
    await found.stop()
    expect((await found.read()).isRunning).toBe(false)
    expect(host.pid('R1')).toBeUndefined()
    await found.clear()
    expect(readdirSync(host.runs)).toEqual([])
  })

  test('ends by itself at the end of its life time', async () => {
    const prober = await start({lifeSeconds: 1})
    const seen = await until(
      () => prober.read(),
      ({isRunning}) => !isRunning,
    )
    expect(seen.ended).toBe('life time over')
  })

  test('that was killed leaves what it had acknowledged, and no word of an end', async () => {
    const prober = await start()
    await answeredAgain(prober)
    process.kill(host.pid('R1')!, 'SIGKILL')
    const seen = await until(
      () => prober.read(),
      ({isRunning}) => !isRunning,
    )
    expect(seen.ended).toBeUndefined()
    expect(lostOf(seen.markers, ranges(numbersInTable())).lost).toEqual([])
  })

  test('keeps the password out of arguments, environments, files and its log', async () => {
    const prober = await start({probes: [{...sql('select 1'), name: 'wrong password'}]})
    await answeredAgain(prober)
    poolers[0]!.child.kill('SIGSTOP')
    poolers[1]!.child.kill('SIGKILL')
    const stopped = monotonic()
    await until(
      () => prober.read(),
      ({markers}) => markers.some(({startedAt, fate}) => startedAt > stopped && fate !== 'acknowledged'),
    )
    const shown = ['cmdline', 'environ'].map((name) =>
      readFileSync(`/proc/${host.pid('R1')}/${name}`, 'utf8'),
    )
    expect(shown.join()).toContain('pp-probe')
    expect(shown.join()).not.toContain('sentinel')
    expect(filesWith('drill', host.path)).not.toEqual([])
    expect(filesWith('sentinel', host.path)).toEqual([])
  })

  describe('is refused', () => {
    const refusal = async (verb: string, args: object): Promise<string> =>
      (await host.helper()).refusal(verb, args)

    test.each([
      ['a life time of more than six hours', {lifeSeconds: 6 * 3600 + 1}],
      ['a pace of more than 250 ms', {paceSeconds: 0.3}],
      ['a run with a path in it', {run: '../../etc'}],
      ['no pooler', {poolers: []}],
      ['a password with a line break', {login: {user: 'a', password: 'b\nc', database: 'd'}}],
      ['a probe of an unknown type', {probes: [{...sql('select 1'), type: 'shell'}]}],
      ['an unknown key', {program: '/bin/sh'}],
    ])('%s', async (_, changes) => {
      expect(await refusal('prober-start', {...config(), ...changes})).toBe('BAD_REQUEST')
      expect(readdirSync(host.runs)).toEqual([])
    })

    test('a host that is no client host', async () => {
      host.configure({schemaVersion: 1, host: 'db1'})
      expect(await refusal('prober-start', config())).toBe('NO_PROBER')
    })

    test('a pooler without an address, and nothing is left', async () => {
      const poolers = [{host: 'nowhere.invalid', port: 1}]
      expect(await refusal('prober-start', config({poolers}))).toBe('PROBER_FAILED')
      expect(readdirSync(host.runs)).toEqual([])
    })

    test('what is unknown, what runs, and what has ended', async () => {
      expect(await refusal('prober-read', {run: 'R1', file: 'markers', offset: 0, bytes: 10})).toBe(
        'PROBER_UNKNOWN',
      )
      const prober = await start()
      expect(await refusal('prober-clear', {run: 'R1'})).toBe('PROBER_RUNS')
      await prober.stop()
      expect(await refusal('prober-start', config())).toBe('PROBER_ENDED')
    })
  })

  test('keeps what the newest twenty runs have seen', async () => {
    for (let run = 1; run <= 25; run++) {
      mkdirSync(join(host.runs, `old-${run}`))
      utimesSync(join(host.runs, `old-${run}`), run, run)
    }
    await start()
    const kept = Array.from({length: 19}, (_, index) => `old-${index + 7}`)
    expect(new Set(readdirSync(host.runs))).toEqual(new Set([...kept, 'R1']))
  })

  describe('looks from outside', () => {
    let web: Server
    let status = 200
    let hangs = false
    beforeEach(async () => {
      status = 200
      hangs = false
      web = createServer((_, response) => {
        if (!hangs) response.writeHead(status).end('all is well')
      }).listen(0, '127.0.0.1')
      await new Promise((resolve) => web.once('listening', resolve))
    })
    afterEach(() => {
      web.closeAllConnections()
      web.close()
    })
    const page = (changes: object = {}): OutsideProbe => ({
      name: 'page',
      type: 'http',
      url: `http://127.0.0.1:${(web.address() as AddressInfo).port}/health?deep=1`,
      status: 200,
      paceSeconds: 0.1,
      timeoutSeconds: 0.5,
      ...changes,
    })
    const said = async (prober: Prober, probe: string, state: 'good' | 'bad', after = 0) => {
      const {looks} = await until(
        () => prober.read(),
        ({looks}) =>
          looks.some((look) => look.probe === probe && look.state === state && look.startedAt > after),
      )
      return looks.findLast((look) => look.probe === probe && look.state === state)?.said
    }

    test('at a page: its status, its text, and that it answers', async () => {
      const prober = await start({
        probes: [
          page({contains: 'well'}),
          page({name: 'text', contains: 'ill'}),
          page({name: 'status', status: 204}),
        ],
      })
      expect(await said(prober, 'page', 'good')).toBe('200')
      expect(await said(prober, 'text', 'bad')).toBe('200, but the body does not hold the text')
      expect(await said(prober, 'status', 'bad')).toBe('200, not 204')
      status = 503
      expect(await said(prober, 'page', 'bad')).toBe('503, not 200')
      hangs = true
      await until(
        () => said(prober, 'page', 'bad'),
        (words) => words === 'no answer in 0.5 s',
      )
    })

    test('at a port that is open, then closed', async () => {
      const listener = createTcpServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => listener.once('listening', resolve))
      const {port} = listener.address() as AddressInfo
      const probe: OutsideProbe = {
        name: 'port',
        type: 'tcp',
        host: '127.0.0.1',
        port,
        paceSeconds: 0.1,
        timeoutSeconds: 1,
      }
      const prober = await start({probes: [probe]})
      expect(await said(prober, 'port', 'good')).toBe('open')
      listener.close()
      expect(await said(prober, 'port', 'bad')).toBe('ECONNREFUSED')
    })

    test('at one number, which has its bounds, and writes nothing', async () => {
      const writing = `with made as (insert into pp.probe (writer, n) values ('look', 1) returning n) select n from made`
      const prober = await start({
        probes: [
          {...sql('select 3.5'), name: 'within'},
          {...sql('select 30'), name: 'over'},
          {...sql('select null'), name: 'none'},
          {...sql('select 1 union all select 2'), name: 'several'},
          {...sql('select 1/0'), name: 'error'},
          {...sql(writing), name: 'writing'},
        ],
      })
      expect(await said(prober, 'within', 'good')).toBe('3.5')
      expect(await said(prober, 'over', 'bad')).toBe('30 is over 10')
      expect(await said(prober, 'none', 'bad')).toBe('the answer is no number')
      expect(await said(prober, 'several', 'bad')).toBe('2 rows of 1 columns, not one number')
      expect(await said(prober, 'error', 'bad')).toBe('22012')
      expect(await said(prober, 'writing', 'bad')).toBe('25006')
      expect(server.sql(`select count(*) from pp.probe where writer = 'look'`)).toBe('0')
      const stillness = monotonic()
      freeze(server)
      expect(await said(prober, 'within', 'bad', stillness)).toMatch(
        /^(NO_ANSWER|no answer in 1 s|CONNECT_TIMEOUT)$/,
      )
    })
  })
})

function sql(query: string): OutsideProbe {
  return {name: 'sql', type: 'sql', query, tolerance: {min: 1, max: 10}, paceSeconds: 0.2, timeoutSeconds: 1}
}

/**
 * Each end of the gap is the same to one step of the prober. A step is its pace, unless the machine was busy; then it is as
 * long as the prober's own record shows that it was.
 */
function expectSameGap(
  gap: {readonly from: number; readonly to: number},
  witness: {readonly from: number; readonly to: number},
  markers: readonly Marker[],
): void {
  const near = markers.filter(({endedAt, startedAt}) => endedAt >= gap.from - 1 && startedAt <= gap.to + 1)
  const starts = near.map(({startedAt}) => startedAt).sort((a, b) => a - b)
  const longestStep = Math.max(...starts.slice(1).map((start, index) => start - (starts[index] ?? start)))
  const answers = near.filter(
    ({fate, startedAt}) =>
      fate === 'acknowledged' && (startedAt < gap.from || startedAt >= gap.to - longestStep),
  )
  const longestAnswer = Math.max(
    ...answers.map(({startedAt, endedAt}) => endedAt - Math.max(startedAt, gap.from)),
  )
  const step = longestStep + Math.min(longestAnswer, longestStep)
  expect(Math.abs(gap.from - witness.from)).toBeLessThanOrEqual(step)
  expect(Math.abs(gap.to - witness.to)).toBeLessThanOrEqual(step)
}

function mostAtOnce(markers: readonly Marker[]): number {
  const underWay = (at: number) =>
    markers.filter(({startedAt, endedAt}) => startedAt <= at && at < endedAt).length
  return Math.max(...markers.map(({startedAt}) => underWay(startedAt)))
}

const filesWith = (text: string, folder: string): readonly string[] =>
  spawnSync('grep', ['-rla', '--devices=skip', '--', text, folder], {encoding: 'utf8'})
    .stdout.split('\n')
    .filter((line) => line !== '')

const postmaster = (server: Cluster): number =>
  Number(readFileSync(join(server.data, 'postmaster.pid'), 'utf8').split('\n')[0])

/** The server and all it has started, as a host that hangs shows itself. */
function signal(server: Cluster, name: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = postmaster(server)
  process.kill(pid, name)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  for (const child of children.filter((word) => word !== '').map(Number)) {
    try {
      process.kill(child, name)
    } catch (error) {
      // One that ends by itself meanwhile, a worker of autovacuum for example.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
const freeze = (server: Cluster) => signal(server, 'SIGSTOP')
function thaw(server: Cluster): void {
  if (server.has('postmaster.pid')) signal(server, 'SIGCONT')
}

const waiters = (server: Cluster): number =>
  Number(server.sql(`select count(*) from pg_locks where not granted and relation = 'pp.probe'::regclass`))

/** Holds every writer of the table up until the server dies. */
async function holdLock(server: Cluster): Promise<void> {
  const {default: pg} = await import('pg')
  const client = new pg.Client({host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres'})
  client.on('error', () => undefined)
  await client.connect()
  await client.query('begin; lock table pp.probe in exclusive mode')
  await client.query('select pg_sleep(600)').catch(() => undefined)
  await client.end().catch(() => undefined)
}
