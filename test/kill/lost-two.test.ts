// Scenario: the primary's host and one of the two standbys lose their power together. The standby that is left may not be the
// one that acknowledged the last commits, and nothing can tell: pp refuses and says what it knows, exit 3, nothing touched.
// An operator who accepts that gets the database back: exit 0, or 11 while commits wait for nobody.
// Incident behind it: a rack with two hosts on one power strip, and a promotion that silently dropped a minute of orders.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {powerOff} from '../../src/lib/lab/index.ts'
import {lab, sqlOn, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('a loss that cannot be bounded is refused before anything is touched, and accepted only by name', async () => {
  const load = await startClients()
  await powerOff(lab, 'db1')
  await powerOff(lab, 'db3')
  const refused = await failOver()
  expect(refused.exitCode).toBe(3)
  const {error} = failureOf(refused)
  expect(error.code).toBe('DATA_LOSS_OVER_LIMIT')
  expect(error.message).toMatch(/waited for 1 of db2, db3, but only 1 of them could be read and 2 are needed/)
  expect((await sqlOn('db2', 'select pg_is_in_recovery()')).trim()).toBe('t')

  const ended = await failOver({}, '--max-loss', 'any')
  await sleep(500)
  const verdict = await load.stop()
  expect([0, 11]).toContain(ended.exitCode)
  expect(reportOf(ended)).toMatchObject({to: 'db2', loss: {proven: false, bytes: null}})
  expect(verdict).toMatchObject({duplicated: 0, writable: ['db2']})
})
