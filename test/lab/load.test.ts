import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {ordinaryLoad, startLoad, type LoadPlace} from '../../src/lib/lab/load.ts'
import {makeServer, type TestServer} from './postgres.ts'

// A real PostgreSQL and the real client program: the server is killed while statements are in flight, which is when
// a client cannot know whether its row was written. The verdict has to know.
describe('a load', () => {
  let server: TestServer
  let place: LoadPlace

  beforeAll(async () => {
    server = await makeServer()
    await server.start()
    await server.query(
      `create schema pp; create table pp.probe (id bigint generated always as identity primary key, writer text not null,
        n bigint not null, written_at timestamptz not null default clock_timestamp())`,
    )
    const endpoint = {host: '127.0.0.1', port: server.port}
    place = {
      networkNamespace: undefined,
      poolers: [endpoint, endpoint],
      members: [
        {name: 'db1', ...endpoint},
        {name: 'db2', host: '127.0.0.1', port: 1},
      ],
      login: {user: 'postgres', password: 'unused', database: 'postgres'},
      folder: await mkdtemp(path.join(tmpdir(), 'pp-ledger-')),
    }
  }, 120_000)

  afterAll(async () => {
    await server.remove()
    await rm(place.folder, {recursive: true, force: true})
  })

  test('on a healthy server ends with every acknowledged row there once, and leaves no ledger', async () => {
    const load = await startLoad(place, {...ordinaryLoad, newClientsPerSecond: 20})
    const fromMs = load.mark()
    await sleep(700)
    const during = await load.figures({fromMs, toMs: load.mark()})
    const verdict = await load.stop()
    expect(verdict).toMatchObject({
      outcome: 'done',
      failed: 0,
      unknown: 0,
      lost: 0,
      duplicated: 0,
      writable: ['db1'],
    })
    expect(during.acknowledged).toBeGreaterThan(0)
    expect(verdict.acknowledged).toBeGreaterThan(during.acknowledged)
    const [row] = await server.query(
      `select count(*)::int4 as rows from pp.probe where starts_with(writer, '${load.run}-')`,
    )
    expect(row).toEqual({rows: verdict.acknowledged})
    expect(await readdir(place.folder)).toEqual([])
  }, 60_000)

  test('survives kill -9 of the server in flight, comes back, and tells lost from unknown', async () => {
    const load = await startLoad(place, {...ordinaryLoad, paceMs: 0, newClientsPerSecond: 50})
    const fromMs = load.mark()
    await sleep(300)
    // Statements wait for this lock, so that all of them are under way when the server dies.
    await server.holdLock('pp.probe', ordinaryLoad.clients)
    await server.kill()
    await sleep(300)
    await server.start()
    const upMs = load.mark()
    const acknowledgedSince = async () => (await load.figures({fromMs: upMs, toMs: load.mark()})).acknowledged
    while ((await acknowledgedSince()) === 0) await sleep(50)
    const verdict = await load.stop()
    expect(verdict).toMatchObject({outcome: 'degraded', lost: 0, duplicated: 0, failedPresent: 0})
    expect(verdict.unknown).toBeGreaterThanOrEqual(8)
    expect(verdict.errors.map(({code}) => code)).toContain('ECONNREFUSED')
    expect(verdict.longestGapMs).toBeGreaterThan(300)
    expect(verdict.longestWaitMs).toBeGreaterThan(300)
    expect((await load.figures({fromMs, toMs: load.mark()})).failed).toBe(verdict.failed)
  }, 120_000)

  test('finds rows that were deleted and rows that were doubled behind its back, and keeps the ledger', async () => {
    const load = await startLoad(place, {...ordinaryLoad, clients: 2})
    await sleep(300)
    await server.query(`delete from pp.probe where writer = '${load.run}-1' and n in (3, 4)`)
    await server.query(`insert into pp.probe (writer, n) values ('${load.run}-2', 5)`)
    const verdict = await load.stop()
    expect(verdict).toMatchObject({outcome: 'human', lost: 2, duplicated: 1})
    expect(verdict.lostRows).toEqual([`${load.run}-1/3`, `${load.run}-1/4`])
    expect(await readdir(place.folder)).toEqual([`${load.run}.ledger`])
  }, 60_000)

  test('through the direct path finds the writable member by itself', async () => {
    const members = place.members.toReversed()
    const load = await startLoad({...place, members, poolers: []}, {...ordinaryLoad, through: 'direct'})
    expect(await load.stop()).toMatchObject({outcome: 'done'})
  }, 60_000)

  test('without a writable member at the end is inconclusive, never a success', async () => {
    const load = await startLoad(place, {...ordinaryLoad, verdictSeconds: 1, answerSeconds: 2})
    await server.kill()
    expect(await load.stop()).toMatchObject({outcome: 'inconclusive', writable: []})
    await server.start()
  }, 60_000)
})

test('a load that cannot write says so and leaves no process behind', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pp-ledger-'))
  const nowhere = {host: '127.0.0.1', port: 1}
  const place: LoadPlace = {
    networkNamespace: undefined,
    poolers: [nowhere],
    members: [],
    login: {user: 'postgres', password: 'sentinel-password', database: 'postgres'},
    folder,
  }
  const failure = await startLoad(place, {...ordinaryLoad, firstRowsSeconds: 1}).catch(
    (error: unknown) => error,
  )
  expect(failure).toMatchObject({code: 'LOAD_CANNOT_WRITE', outcome: 'unavailable'})
  expect(JSON.stringify(failure) + String(failure)).not.toContain('sentinel-password')
  expect(await readdir(folder)).toEqual([])
  await rm(folder, {recursive: true})
}, 30_000)
