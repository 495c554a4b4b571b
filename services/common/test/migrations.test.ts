import {afterAll, afterEach, beforeAll, beforeEach, expect, jest, test} from '@jest/globals'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

import {startPostgres, type TestPostgres} from '../../test/servers/postgres.ts'
import {until} from '../../test/until.ts'
import {migrate} from '../src/migrations.ts'

let postgres: TestPostgres
let folder: string

beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.remove())
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pp-migrations-'))
  await postgres.query('drop schema if exists shop cascade')
})
afterEach(() => rm(folder, {recursive: true}))

const file = (name: string, sql: string) => writeFile(path.join(folder, name), sql)
const migrated = () => migrate({url: postgres.url, schema: 'shop', folder})
const tables = async () =>
  (
    await postgres.query(
      "select table_name from information_schema.tables where table_schema = 'shop' order by table_name",
    )
  ).map(({table_name: name}) => name)

test('files are applied in the order of their names, each once', async () => {
  await file('0002_banners.sql', 'create table shop.banners (design int references shop.designs)')
  await file('0001_designs.sql', 'create table shop.designs (id int primary key)')
  expect(await migrated()).toEqual(['0001_designs', '0002_banners'])
  expect(await migrated()).toEqual([])
  await file('0003_posters.sql', 'create table shop.posters ()')
  expect(await migrated()).toEqual(['0003_posters'])
  expect(await tables()).toEqual(['banners', 'designs', 'migrations', 'posters'])
})

test('one that fails changes nothing, not even what stands before it', async () => {
  const said = ['error', 'warn'].map((name) =>
    jest.spyOn(console, name as 'error').mockImplementation(() => undefined),
  )
  await file('0001_designs.sql', 'create table shop.designs ()')
  await file('0002_broken.sql', 'create table shop.banners (); select no_such_function()')
  await expect(migrated()).rejects.toThrow('no_such_function')
  expect(await tables()).toEqual([])
  await file('0002_broken.sql', 'create table shop.banners ()')
  expect(await migrated()).toEqual(['0001_designs', '0002_broken'])
  for (const spy of said) spy.mockRestore()
})

test('two at once: one waits for the other, and finds nothing left to do', async () => {
  await file('0001_designs.sql', 'create table shop.designs (); select pg_sleep(1)')
  const both = [migrated(), migrated()]
  await until('one that waits', async () => {
    const [row] = await postgres.query(
      "select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted",
    )
    return row?.count === 1
  })
  expect((await Promise.all(both)).toSorted((a, b) => a.length - b.length)).toEqual([[], ['0001_designs']])
  expect(await tables()).toEqual(['designs', 'migrations'])
})
