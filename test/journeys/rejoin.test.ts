// Scenario: after a failover the old primary comes back. With asynchronous replication it holds transactions that never
// reached anybody: pp keeps them aside, counts them, takes them back and lets it follow the new primary: exit 0. One that
// has nothing of its own only follows. Nobody waits until it has started: it is told to stop while it still does.
// Incident behind it: an old primary that was started again by hand, and 300 orders that existed twice, or never.
import {expect, test} from '@jest/globals'

import {cut, mend, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, sound} from '../in-lab/fleet-state.ts'
import {lab, onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver, pp} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

const rejoin = (host: string) => pp(['db', 'rejoin', host, '--yes', '--json'])
const rows = async (host: string) =>
  Number(await sqlOn(host, `select count(*) from pp.probe where writer = 'only here'`))

test('a member that has nothing of its own follows again: exit 0, twice is once', async () => {
  await killServer('db1')
  expect((await failOver()).exitCode).toBe(0)
  const ended = await rejoin('db1')
  expectDone(ended)
  expect(reportOf(ended).outcome).toBe('done')
  expect(await onHost('db1', 'ls', '/var/lib/postgresql/15')).not.toContain('diverged')
  expect(await checked()).toMatchObject(sound)
  expect(JSON.parse((await rejoin('db1')).stdout)).toMatchObject({outcome: 'done', already: true})
})

test('transactions that only the old primary has are kept aside and taken back: exit 0', async () => {
  await cut(lab, 'db1', ['db2', 'db3'])
  await sqlOn(
    'db1',
    `set synchronous_commit = local; insert into pp.probe (writer, n) values ('only here', 1)`,
  )
  await sqlOn(
    'db1',
    `set synchronous_commit = local; insert into pp.probe (writer, n) values ('only here', 2)`,
  )
  expect(await rows('db1')).toBe(2)
  // Its disk cannot be read when it is replaced.
  await powerOff(lab, 'db1')
  const {to} = reportOf(await failOver())
  await mend(lab, 'db1')
  await powerOn(lab, 'db1')
  expect(await rows(to)).toBe(0)

  const ended = await rejoin('db1')
  expectDone(ended)
  expect(await rows('db1')).toBe(0)
  const summary = await onHost('db1', 'sh', '-c', 'cat /var/lib/postgresql/15/main.diverged-*/summary.json')
  const {commits, tables} = JSON.parse(summary) as {
    commits: number
    tables: {name: string | null; inserts: number}[]
  }
  expect(commits).toBeGreaterThanOrEqual(2)
  expect(tables.find(({name}) => name === 'postgres.pp.probe')).toMatchObject({inserts: 2})
  expect(await checked()).toMatchObject(sound)
})
