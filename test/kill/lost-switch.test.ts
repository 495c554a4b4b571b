// Scenario: the primary's host hangs and its power switch is no help. One that says off while the host still takes connections is not
// believed: FENCE_CONTRADICTED, exit 3, nothing touched. One that does not answer proves nothing: FENCE_IMPOSSIBLE, exit 3, with
// every method and why it fails. Nor is one believed that says off of a primary that is well and only slow to log in to, which pp
// does not wait for then: its standbys hear it (PRIMARY_ALIVE), or its port answers (FENCE_CONTRADICTED), at the latest to the
// fence, exit 12 with everything put back.
// Incident behind it: a power controller wired to the host beside it.
import {afterEach, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {breakSwitch, cut, freeze, mend, slow} from '../../src/lib/lab/index.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {lab, sqlOn, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {quickLogin, slowLogin} from '../in-lab/login.ts'
import {failOver, startPp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()
afterEach(() => quickLogin('db1'))

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

test.each([
  {seconds: 1, answers: 'late'},
  {seconds: 5, answers: 'too late'},
])(
  'a switch that says off of a living primary whose host answers $answers is no evidence: exit 3',
  async ({seconds}) => {
    const load = await startClients()
    await slowLogin('db1', seconds)
    await breakSwitch(lab, 'db1', 'lies')
    const ended = await failOver({}, '--unplanned')
    expect(failureOf(ended)).toMatchObject({exitCode: 3, error: {code: 'PRIMARY_ALIVE'}})
    if (seconds > 2)
      expect(failureOf(ended).error.message).toMatch(
        /db2 still hears from it[^]*does not answer SSH yet, and its power switch says off/,
      )
    await quickLogin('db1')
    expect(await load.stop()).toMatchObject({failed: 0, lost: 0, duplicated: 0, writable: ['db1']})
    expect(await checked()).toMatchObject(sound)
    expect(await settledDatabase()).toMatchObject({timeline: 1})
  },
)

test('nor where no standby hears it any more, while its port answers: exit 3', async () => {
  const load = await startClients()
  await slowLogin('db1', 5)
  await breakSwitch(lab, 'db1', 'lies')
  await slow(lab, 'db1', 5000)
  const ended = await failOver()
  expect(failureOf(ended)).toMatchObject({exitCode: 3, error: {code: 'FENCE_CONTRADICTED'}})
  await quickLogin('db1')
  await mend(lab, 'db1')
  await sleep(1000)
  expect(await load.stop()).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
  expect(await settledDatabase()).toMatchObject({timeline: 1})
})

test('a primary that comes back between plan and fence is heard by the fence: exit 12', async () => {
  const load = await startClients()
  await breakSwitch(lab, 'db1', 'lies')
  await cut(lab, 'db1')
  const operator = startPp(['failover', 'db', '--from', 'db1', '--yes', '--json'], {
    failpoint: 'stop before fence-lost',
  })
  await operator.stopped()
  await mend(lab, 'db1')
  await breakSwitch(lab, 'db1', 'lies')
  operator.kill('SIGCONT')
  const ended = await operator.ended
  expect(ended.exitCode).toBe(12)
  expect(reportOf(ended)).toMatchObject({outcome: 'undone', error: {code: 'FENCE_CONTRADICTED'}})
  await mend(lab, 'db1')
  expect(await load.stop()).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
  expect(await settledDatabase()).toMatchObject({timeline: 1})
})
