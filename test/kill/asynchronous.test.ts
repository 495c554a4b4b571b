// Scenario: commits wait for nobody, the standbys fall behind, and the primary's host loses its power. pp cannot bound the loss in
// bytes and refuses, exit 3; an operator accepts it by name. What the clients' own ledger then misses is what the old
// primary alone has, and rejoining it keeps at least so many transactions aside.
// Incident behind it: "asynchronous, but it is never more than a second", and a Monday without the weekend's orders.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut, mend, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {lab, onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver, pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('rows that never reached a standby are accepted by name, counted, and kept when their host is back', async () => {
  for (const host of ['db1', 'db2', 'db3'])
    await sqlOn(host, `alter system set synchronous_standby_names = ''`)
  for (const host of ['db1', 'db2', 'db3']) await sqlOn(host, 'select pg_reload_conf()')
  await sleep(1500)
  const load = await startClients()
  await cut(lab, 'db1', ['db2', 'db3'])
  await sleep(1500)
  await powerOff(lab, 'db1')
  await mend(lab, 'db1')

  const refused = await failOver()
  expect(failureOf(refused)).toMatchObject({exitCode: 3, error: {code: 'DATA_LOSS_OVER_LIMIT'}})
  const ended = await failOver({}, '--max-loss', 'any')
  await sleep(500)
  const verdict = await load.stop()
  expect(ended.exitCode).toBe(0)
  const {to, loss} = reportOf(ended)
  expect(loss).toMatchObject({proven: false, bytes: null})
  expect(verdict).toMatchObject({duplicated: 0, writable: [to]})
  expect(verdict.lost).toBeGreaterThan(0)

  await powerOn(lab, 'db1')
  await sleep(3000)
  const back = await pp(['db', 'rejoin', 'db1', '--yes', '--json'])
  expect({exitCode: back.exitCode, said: back.exitCode === 0 ? '' : back.stdout}).toEqual({
    exitCode: 0,
    said: '',
  })
  const summary = await onHost('db1', 'sh', '-c', 'cat /var/lib/postgresql/15/main.diverged-*/summary.json')
  expect((JSON.parse(summary) as {commits: number}).commits).toBeGreaterThanOrEqual(verdict.lost)
})
