import {afterAll, beforeAll, beforeEach, expect, test} from '@jest/globals'

import {startPostgres, type TestPostgres} from '../../test/servers/postgres.ts'
import {until} from '../../test/until.ts'
import {createDatabase, type Database, type Transaction} from '../src/database.ts'
import {once} from '../src/idempotency.ts'
import {databaseSettings, readSettings} from '../src/settings.ts'
import {startProxy, theFirst, type Proxy} from './proxy.ts'

let postgres: TestPostgres
let proxy: Proxy
let database: Database

beforeAll(async () => {
  postgres = await startPostgres()
  proxy = await startProxy(postgres.url)
  database = createDatabase(readSettings(databaseSettings, {DATABASE_URL: proxy.url}), {
    name: 'test',
    onError: () => undefined,
  })
  // As the services' migrations make it.
  await postgres.query(`create schema shop; create table shop.idempotency (
    owner text not null, key text not null, request_hash text not null, status_code int not null, body jsonb not null,
    created_at timestamptz not null default now(), primary key (owner, key));
    create table shop.orders (id int generated always as identity, item text not null)`)
}, 60_000)
afterAll(async () => {
  await database.close()
  await proxy.close()
  await postgres.remove()
})
beforeEach(async () => {
  proxy.fate = () => 'passes'
  await postgres.query('truncate shop.orders restart identity; truncate shop.idempotency')
})

const order = (item: string) => async (transaction: Transaction) => {
  const [row] = await transaction.query<{id: number}>(
    'insert into shop.orders (item) values ($1) returning id',
    [item],
  )
  return {statusCode: 201, body: {id: row!.id}}
}
const request = (key: string | undefined, item = 'banner', owner = 'ada') => ({
  schema: 'shop',
  key,
  owner,
  request: {item},
})
const orders = async () => (await postgres.query('select item from shop.orders')).map(({item}) => item)

test('the same key twice is done once, and answered the same', async () => {
  const first = await once(database, request('key-0001'), order('banner'))
  expect(first).toEqual({statusCode: 201, body: {id: 1}})
  expect(await once(database, request('key-0001'), order('banner'))).toEqual(first)
  expect(await orders()).toEqual(['banner'])
})

test('many at once with one key are done once, and all answered the same', async () => {
  const answers = await Promise.all(
    Array.from({length: 8}, () => once(database, request('key-0002'), order('banner'))),
  )
  expect(answers).toEqual(answers.map(() => ({statusCode: 201, body: {id: expect.any(Number)}})))
  expect(new Set(answers.map(({body}) => body.id)).size).toBe(1)
  expect(await orders()).toEqual(['banner'])
})

test('the same key with something else is refused, and nothing is done', async () => {
  await once(database, request('key-0003'), order('banner'))
  await expect(once(database, request('key-0003', 'poster'), order('poster'))).rejects.toMatchObject({
    statusCode: 422,
    code: 'KEY_REUSED',
  })
  expect(await orders()).toEqual(['banner'])
})

test('a key is its owner’s: somebody else’s is another one', async () => {
  await once(database, request('key-0004'), order('banner'))
  await once(database, request('key-0004', 'poster', 'eve'), order('poster'))
  expect(await orders()).toEqual(['banner', 'poster'])
})

test('without a key it is done each time', async () => {
  await once(database, request(undefined), order('banner'))
  await once(database, request(undefined), order('banner'))
  expect(await orders()).toEqual(['banner', 'banner'])
})

test('one that failed has left no answer: the next one with its key does it, also one that waited for it', async () => {
  const begun = Promise.withResolvers<undefined>()
  const mayFail = Promise.withResolvers<undefined>()
  const failing = once(database, request('key-0005'), async (transaction) => {
    begun.resolve(undefined)
    await order('banner')(transaction)
    await mayFail.promise
    throw new Error('no paper')
  })
  await begun.promise
  const next = once(database, request('key-0005'), order('banner'))
  await until('the second', async () => {
    const [row] = await postgres.query('select count(*)::int as count from pg_locks where not granted')
    return row?.count === 1
  })
  mayFail.resolve(undefined)
  await expect(failing).rejects.toThrow('no paper')
  expect(await next).toMatchObject({statusCode: 201})
  expect(await orders()).toEqual(['banner'])
})

test.each(['is lost', 'loses its answer'] as const)(
  'a COMMIT that %s is no doubt with a key: it is done once and answered',
  async (fate) => {
    proxy.fate = theFirst(/commit/, fate)
    expect(await once(database, request('key-0006'), order('banner'))).toMatchObject({statusCode: 201})
    expect(await orders()).toEqual(['banner'])
  },
)
