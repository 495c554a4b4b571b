// What a colleague's machine has done is known from the copies that the voters keep.
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {Cluster} from '../../src/lib/database/cluster.ts'
import {journalsSince} from '../../src/lib/database/journals.ts'
import {newOperationId, operationTime} from '../../src/lib/operation/id.ts'
import {Journal} from '../../src/lib/operation/journal.ts'

let folder: string
const asked: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pp-journals-'))
  asked.length = 0
})
afterEach(() => rmSync(folder, {recursive: true}))

/** Writes the journal of one operation into a machine's folder. @returns its lines. */
function write(machine: string, id: string): readonly string[] {
  const journal = Journal.create(join(folder, machine, 'operations'), id)
  journal.append('opened', {kind: 'database-failover', target: 'main', operator: {owner: machine}})
  journal.append('step-done', {kind: 'promote'})
  journal.close()
  return readFileSync(journal.file, 'utf8').trimEnd().split('\n')
}

const clusterOf = (copies: Readonly<Record<string, readonly string[]>>) =>
  ({
    fleet: {stateFolder: join(folder, 'here')},
    database: {name: 'main'},
    acts: (host: string) => ({
      call: (_verb: string, {operation}: {operation: string}) => {
        asked.push(`${host} ${operation}`)
        return copies[host] ? Promise.resolve({lines: copies[host]}) : Promise.reject(new Error('silent'))
      },
    }),
  }) as unknown as Cluster
const voter = (host: string, operation: string, token: number, records = 2) => ({
  host,
  answers: true,
  operation: undefined,
  journals: [{operation, token, records}],
})
const hourAgo = Date.now() - 3_600_000

test('what is not here comes from the voter with the latest holder, and from another one where that cannot be read', async () => {
  const id = newOperationId()
  const lines = write('laptop2', id)
  const cluster = clusterOf({db1: lines, db2: [...lines.slice(1)]})
  const voters = [voter('db1', id, 3), voter('db2', id, 4), voter('db3', id, 4, 1)]
  const [found, ...more] = await journalsSince(cluster, voters, hourAgo)
  expect(found).toMatchObject({id, records: [{type: 'opened'}, {type: 'step-done'}]})
  expect(more).toEqual([])
  expect(asked).toEqual([`db2 ${id}`, `db3 ${id}`, `db1 ${id}`])
})

test('nothing is fetched that is here, or that began before', async () => {
  const [mine, old] = [newOperationId(), newOperationId(hourAgo - 1000)]
  write('here', mine)
  const found = await journalsSince(clusterOf({}), [voter('db1', mine, 3), voter('db2', old, 3)], hourAgo)
  expect(found.map(({id}) => id)).toEqual([mine])
  expect(asked).toEqual([])
})

test('the identifier of an operation tells its second', () => {
  const now = Date.UTC(2026, 10, 25, 3, 0, 7)
  expect(operationTime(newOperationId(now))).toBe(now)
})
