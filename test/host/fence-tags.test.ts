// What a pooler's host keeps of members that were fenced: each operation's of each member by itself. nft is a stand-in
// that keeps the names of its tables.
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

import {act, HostFolder, type HelperProcess} from './helper-process.ts'

let host: HostFolder
let helper: HelperProcess

beforeEach(async () => {
  host = new HostFolder()
  const tables = join(host.path, 'tables')
  mkdirSync(tables)
  writeFileSync(
    join(host.bin, 'nft'),
    `#!/bin/sh
cd ${tables}
if [ "$1" = delete ]; then rm "$4"; else touch "$(sed -n 's/^table inet \\(.*\\) {$/\\1/p')"; fi
`,
    {mode: 0o755},
  )
  const member = (name: string, index: number) => ({host: name, address: `127.0.0.${index + 2}`, port: 5432})
  const pooler = {
    targetFile: join(host.path, 'main.ini'),
    osUser: 'root',
    port: 6432,
    processes: [{name: 'main-1', unit: 'pgbouncer@main-1.service', socketDirectory: '/nowhere'}],
    entries: [{name: 'app', dbname: 'app'}],
    members: ['db1', 'db2', 'db3'].map(member),
    guard: {user: 'pp_guard', database: 'postgres', passwordFile: '/nowhere/pgpass'},
  }
  host.configure({schemaVersion: 1, host: 'edge1', databases: {}, poolers: {main: pooler}})
  helper = await host.helper()
})

afterEach(() => host.remove())

const tables = () => readdirSync(join(host.path, 'tables')).sort()
const tags = async (verb = 'status') => {
  const {fenceTags} = await helper.done(verb, {target: 'main'})
  return (fenceTags as {member: string; operation: string}[]).map((one) => `${one.member} ${one.operation}`)
}

/** Calls as the holder of the next token: each operation comes after the one before. */
async function as(token: number, ...calls: readonly (readonly [verb: string, args: object])[]) {
  const operation = `op-${token}`
  await helper.done('raise', {target: 'main', token, operation})
  const answers = []
  for (const [verb, args] of calls) answers.push(await helper.done(verb, act({token, operation, ...args})))
  return answers
}

test('one operation that is taken back leaves what another has fenced, and is no error where it had not come to that', async () => {
  await as(1, ['fence-tag', {member: 'db1'}])
  await as(2, ['unfence', {member: 'db2', fencedBy: 'op-2'}])
  expect(await tags()).toEqual(['db1 op-1'])
  await as(2, ['fence-tag', {member: 'db2'}])
  expect(await tags()).toEqual(['db1 op-1', 'db2 op-2'])
  expect(await tags('show')).toEqual(['db1 op-1', 'db2 op-2'])
  const [lifted] = await as(2, ['unfence', {member: 'db2', fencedBy: 'op-2'}])
  expect(lifted).toMatchObject({removed: [{member: 'db2'}], fenceTags: [{member: 'db1'}]})
  await as(3, ['unfence', {member: 'db1', fencedBy: 'op-1'}])
  expect(await tags()).toEqual([])
  expect(existsSync(host.state('fence/main.json'))).toBe(false)
})

test('a member stays isolated when another one is, and until its own tags are gone', async () => {
  await as(1, ['fence-tag', {member: 'db1', isolate: true}])
  await as(2, ['fence-tag', {member: 'db2', isolate: true}], ['fence-tag', {member: 'db1'}])
  expect(tables()).toEqual(['pp_fence_main_db1', 'pp_fence_main_db2'])
  // Done again by a resume, without isolation.
  await as(2, ['fence-tag', {member: 'db2'}], ['unfence', {member: 'db1', fencedBy: 'op-2'}])
  expect(tables()).toEqual(['pp_fence_main_db1', 'pp_fence_main_db2'])
  await as(2, ['unfence', {member: 'db2', fencedBy: 'op-2'}])
  expect(tables()).toEqual(['pp_fence_main_db1'])
  await as(3, ['unfence', {member: 'db1', fencedBy: 'op-1'}])
  expect(tables()).toEqual([])
})

test('no pooler is led to a member that another operation has fenced', async () => {
  await as(1, ['fence-tag', {member: 'db1'}], ['set-target', {host: 'db2'}])
  await as(2)
  const lead = (to: string) => helper.refusal('set-target', act({token: 2, operation: 'op-2', host: to}))
  expect(await lead('db1')).toBe('FENCED')
  expect(await helper.done('status')).toMatchObject({pooler: {targetHost: 'db2'}})
  expect(await lead('db3')).toBe('done')
  await as(2, ['unfence', {member: 'db1', fencedBy: 'op-1'}])
  expect(await lead('db1')).toBe('done')
})

test('the tag that a helper of before has written is read, kept beside others, and lifted with its isolation', async () => {
  const before = {evidence: null, isolated: '127.0.0.2', member: 'db1', operation: 'op-1', time: '', token: 1}
  const sum = createHash('sha256').update(JSON.stringify(before)).digest('hex')
  const file = host.state('fence/main.json')
  mkdirSync(dirname(file), {recursive: true})
  writeFileSync(file, JSON.stringify({...before, sum}))
  writeFileSync(join(host.path, 'tables/pp_fence_main'), '')
  await as(2, ['fence-tag', {member: 'db2', isolate: true}])
  expect(await tags()).toEqual(['db1 op-1', 'db2 op-2'])
  expect(tables()).toEqual(['pp_fence_main', 'pp_fence_main_db2'])
  await as(3, ['unfence', {member: 'db1', fencedBy: 'op-1'}])
  expect(tables()).toEqual(['pp_fence_main_db2'])
})
