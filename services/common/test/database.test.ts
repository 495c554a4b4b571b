// Scenario: the database dies, is cut off and comes back while services write to it. What was said to be saved is there, once.
// Incident behind it: a change of the primary after which eleven designs were there twice, and one not at all.
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {startPostgres, type TestPostgres} from '../../test/servers/postgres.ts'
import {until} from '../../test/until.ts'
import {createDatabase, type Database, type Transaction} from '../src/database.ts'
import {databaseSettings, readSettings} from '../src/settings.ts'
import {startProxy, theFirst, type Proxy} from './proxy.ts'

let postgres: TestPostgres
let proxy: Proxy
let database: Database

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.query('create table words (word text not null, constraint words_unique unique (word))')
  proxy = await startProxy(postgres.url)
}, 60_000)
afterAll(async () => {
  await proxy.close()
  await postgres.remove()
})
beforeEach(async () => {
  proxy.fate = () => 'passes'
  await postgres.query('truncate words')
  database = connected(20)
})
afterEach(() => database.close())

function connected(patienceSeconds: number): Database {
  const settings = {DATABASE_URL: proxy.url, DATABASE_PATIENCE_SECONDS: String(patienceSeconds)}
  return createDatabase(readSettings(databaseSettings, settings), {name: 'test', onError: () => undefined})
}

const insert = (word: string) => (transaction: Transaction) =>
  transaction.query('insert into words values ($1)', [word])
const words = async () => (await postgres.query('select word from words order by word')).map(({word}) => word)

/** Work that counts how often it was begun. */
function counted(work: (transaction: Transaction, time: number) => Promise<unknown>) {
  const run = Object.assign(
    async (transaction: Transaction) => {
      run.times += 1
      return work(transaction, run.times)
    },
    {times: 0},
  )
  return run
}

describe('a database that is away', () => {
  test('is waited for by reads and writes', async () => {
    await database.transaction(insert('before'))
    await postgres.kill()
    const read = database.read('select word from words where word = $1', ['before'])
    const write = database.transaction(insert('after'))
    await sleep(1000)
    await postgres.start()
    expect(await read).toEqual([{word: 'before'}])
    await write
    expect(await words()).toEqual(['after', 'before'])
  }, 60_000)

  test('for longer than the patience is told to the caller, and nothing was changed', async () => {
    const impatient = connected(1)
    await postgres.kill()
    try {
      const expected = {statusCode: 503, code: 'DATABASE_AWAY'}
      await expect(impatient.read('select 1')).rejects.toMatchObject(expected)
      await expect(impatient.transaction(insert('never'))).rejects.toMatchObject(expected)
      await expect(impatient.ping()).rejects.toThrow()
    } finally {
      await postgres.start()
      await impatient.close()
    }
    await database.ping()
    expect(await words()).toEqual([])
  }, 60_000)
})

describe('a transaction whose connection breaks', () => {
  test('before COMMIT is begun anew, and done once', async () => {
    proxy.fate = theFirst(/insert into words/, 'loses its answer')
    const work = counted(insert('once'))
    await database.transaction(work)
    expect(work.times).toBe(2)
    expect(await words()).toEqual(['once'])
  })

  test('after its last statement and before COMMIT is begun anew too: nothing is unknown', async () => {
    const work = counted(async (transaction, time) => {
      await insert('once')(transaction)
      if (time > 1) return
      const [row] = await transaction.query<{pid: number}>('select pg_backend_pid() as pid')
      await postgres.query(`select pg_terminate_backend(${row!.pid}, 5000)`)
      await sleep(200)
    })
    await database.transaction(work)
    expect(work.times).toBe(2)
    expect(await words()).toEqual(['once'])
  })

  test.each([
    {fate: 'is lost', kept: []},
    {fate: 'loses its answer', kept: ['perhaps']},
  ] as const)('when COMMIT $fate: OUTCOME_UNKNOWN, and it is not done again', async ({fate, kept}) => {
    proxy.fate = theFirst(/commit/, fate)
    const work = counted(insert('perhaps'))
    await expect(database.transaction(work)).rejects.toMatchObject({statusCode: 503, code: 'OUTCOME_UNKNOWN'})
    expect(work.times).toBe(1)
    expect(await words()).toEqual(kept)
  })

  test('while a COMMIT is under way that nobody answers: OUTCOME_UNKNOWN as well', async () => {
    const impatient = connected(0)
    proxy.fate = theFirst(/commit/, 'vanishes')
    const work = counted(insert('perhaps'))
    await expect(impatient.transaction(work)).rejects.toMatchObject({code: 'OUTCOME_UNKNOWN'})
    expect(work.times).toBe(1)
    await impatient.close()
  })

  test.each(['is lost', 'loses its answer'] as const)(
    'when COMMIT %s, and that may be repeated, is done again',
    async (fate) => {
      proxy.fate = theFirst(/commit/, fate)
      const work = counted((transaction) =>
        transaction.query("insert into words values ('once') on conflict do nothing"),
      )
      await database.transaction(work, {isRepeatable: true})
      expect(work.times).toBe(2)
      expect(await words()).toEqual(['once'])
    },
  )
})

test('two that are in each other’s way: the one that loses is begun anew', async () => {
  await postgres.query("insert into words values ('a'), ('b')")
  const met = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()] as const
  const works = [0, 1].map((mine) =>
    counted(async (transaction, time) => {
      const [first, second] = mine === 0 ? ['a', 'b'] : ['b', 'a']
      await transaction.query('select from words where word = $1 for update', [first])
      if (time === 1) {
        met[mine as 0 | 1].resolve(undefined)
        await Promise.all(met.map(({promise}) => promise))
      }
      await transaction.query('select from words where word = $1 for update', [second])
      await transaction.query('insert into words values ($1)', [`by ${mine}`])
    }),
  )
  await Promise.all(works.map((work) => database.transaction(work)))
  expect(works.map(({times}) => times).toSorted()).toEqual([1, 2])
  expect(await words()).toEqual(['a', 'b', 'by 0', 'by 1'])
})

test('a mistake is not repeated, undoes all of the transaction, and its connection goes on', async () => {
  await postgres.query("insert into words values ('taken')")
  const work = counted(async (transaction) => {
    await insert('new')(transaction)
    await insert('taken')(transaction)
  })
  await expect(database.transaction(work)).rejects.toMatchObject({constraint: 'words_unique'})
  expect(work.times).toBe(1)
  await database.transaction(insert('next'))
  expect(await words()).toEqual(['next', 'taken'])
})

test('work that hides a mistake is not said to be saved: PostgreSQL has saved nothing of it', async () => {
  await postgres.query("insert into words values ('taken')")
  await expect(
    database.transaction(async (transaction) => {
      await insert('new')(transaction)
      await insert('taken')(transaction).catch(() => undefined)
    }),
  ).rejects.toThrow('nothing was saved')
  expect(await words()).toEqual(['taken'])
})

test('an idle connection that breaks is told of, and replaced by the next use', async () => {
  const errors: Error[] = []
  const watched = createDatabase(
    readSettings(databaseSettings, {DATABASE_URL: proxy.url, DATABASE_CONNECTIONS: '1'}),
    {name: 'watched', onError: (error) => errors.push(error)},
  )
  await watched.read('select 1')
  await postgres.query(
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'watched'",
  )
  await until('the error', () => Promise.resolve(errors.length > 0))
  expect(await watched.read('select 1 as one')).toEqual([{one: 1}])
  await watched.close()
})
