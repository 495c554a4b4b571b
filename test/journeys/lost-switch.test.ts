// Scenario: the primary's host hangs and its power switch is no help. One that says off while the host still takes connections is not
// believed: FENCE_CONTRADICTED, exit 3, nothing touched. One that does not answer proves nothing: FENCE_IMPOSSIBLE, exit 3, with
// every method and why it fails.
// Incident behind it: a power controller wired to the host beside it.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {breakSwitch, freeze, mend} from '../../src/lib/lab/index.ts'
import {lab, sqlOn, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver} from '../in-lab/pp.ts'
import {failureOf} from '../in-lab/report.ts'

useLab()

test('a switch that says off while the host still takes connections is contradicted: exit 3', async () => {
  const load = await startClients()
  await freeze(lab, 'db1')
  await breakSwitch(lab, 'db1', 'lies')
  const ended = await failOver()
  expect(failureOf(ended)).toMatchObject({exitCode: 3, error: {code: 'FENCE_CONTRADICTED'}})
  expect((await sqlOn('db2', 'select pg_is_in_recovery()')).trim()).toBe('t')
  await mend(lab, 'db1')
  await sleep(1000)
  expect(await load.stop()).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
})

test('a switch that does not answer is no fence, and without one nothing is promoted: exit 3', async () => {
  const load = await startClients()
  await freeze(lab, 'db1')
  await breakSwitch(lab, 'db1', 'hangs')
  const ended = await failOver()
  expect(failureOf(ended)).toMatchObject({exitCode: 3, error: {code: 'FENCE_IMPOSSIBLE'}})
  expect(failureOf(ended).error.message).toMatch(/its power switch does not answer/)
  expect((await sqlOn('db2', 'select pg_is_in_recovery()')).trim()).toBe('t')
  await mend(lab, 'db1')
  await sleep(1000)
  expect(await load.stop()).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
})
