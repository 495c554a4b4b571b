import {afterEach, expect, test} from '@jest/globals'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

import type {Helper} from '../../src/lib/drivers/helper/types.ts'
import {catchUp, chainOnVoters} from '../../src/lib/operation/elsewhere.ts'
import {Journal} from '../../src/lib/operation/journal.ts'
import {keptByVoters} from '../../src/lib/operation/voters.ts'

const id = '0F3K8W2QX7'
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, {recursive: true})
})

/** A journal as one machine has it, after a run with this token. */
function machine(lines: readonly string[] = []): Journal {
  const folder = mkdtempSync(join(tmpdir(), 'pp-'))
  folders.push(folder)
  const journal = Journal.create(folder, id)
  if (lines.length === 0) {
    journal.token = 1
    journal.append('opened', {kind: 'database-switchover', target: 'main'})
    journal.append('step-done', {kind: 'stop', proof: {}})
  }
  return journal
}

/** The same operation as another machine has gone on with it, under token 2. */
function goneOn(lines: readonly string[], outcome?: string): readonly string[] {
  const journal = machine(lines)
  journal.token = 1
  journal.append('opened', {kind: 'database-switchover', target: 'main'})
  journal.token = 2
  journal.append('locked', {})
  if (outcome !== undefined) journal.append('closed', {outcome})
  return journal.lines
}

const voter = (lines: readonly string[]) =>
  ({call: () => Promise.resolve({lines, head: null, token: null})}) as unknown as Helper
const silent = {call: () => Promise.reject(new Error('silent'))} as unknown as Helper
const keeper = (...voters: readonly Helper[]) =>
  keptByVoters('main', () => ({voters, votersInAll: voters.length, touched: []}))

test('the chain with the highest token counts, and a broken one does not', async () => {
  const own = machine().lines
  const ended = goneOn(own, 'undone')
  const broken = [...ended.slice(0, 1), ...ended.slice(2)]
  expect(await chainOnVoters(id, [voter(own), voter(ended), voter(broken), silent], 'main')).toEqual(ended)
  expect(await chainOnVoters(id, [voter([]), silent], 'main')).toBeUndefined()
})

test('what went on elsewhere takes the place of the own journal, which is kept beside it', async () => {
  const journal = machine()
  const own = journal.lines
  const elsewhere = await catchUp(journal, keeper(voter(own), voter(goneOn(own, 'undone'))))
  expect(elsewhere?.outcome).toBe('undone')
  const folder = dirname(journal.file)
  expect(Journal.open(dirname(folder), id).records.map(({type}) => type)).toEqual([
    'opened',
    'locked',
    'closed',
    'adopted',
  ])
  expect(readdirSync(folder)).toHaveLength(2)
})

test('copies that lag behind, or that no voter has, change nothing', async () => {
  const journal = machine()
  for (const lines of [[], journal.lines.slice(0, 1), journal.lines])
    expect(await catchUp(journal, keeper(voter(lines), silent))).toBeUndefined()
  expect(readdirSync(dirname(journal.file))).toHaveLength(1)
})
