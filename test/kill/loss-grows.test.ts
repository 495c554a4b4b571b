// Scenario: the primary's host is dead, and one of the two standbys whose word bounded the loss dies while the failover is
// under way. What was safe a moment ago is not any more: pp puts back what it can and names who is silent: exit 12. Asked
// again it refuses with the numbers: exit 3.
// Incident behind it: a rack that lost its second power strip forty seconds after the first.
import {expect, test} from '@jest/globals'

import {powerOff} from '../../src/lib/lab/index.ts'
import {settledDatabase} from '../in-lab/fleet-state.ts'
import {lab, sqlOn, useLab} from '../in-lab/lab.ts'
import {pp, startPp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('a standby that dies under way: put back, exit 12; the loss is over the limit then: exit 3', async () => {
  const before = await settledDatabase()
  const followed = await sqlOn('db2', 'show primary_conninfo')
  await powerOff(lab, 'db1')
  const failOver = ['failover', 'db', '--from', 'db1', '--to', 'db2', '--yes', '--json']
  const operator = startPp(failOver, {failpoint: 'stop after hold'})
  await operator.stopped()
  await powerOff(lab, 'db3')
  operator.kill('SIGCONT')
  const ended = await operator.ended

  expect(reportOf(ended)).toMatchObject({
    exitCode: 12,
    outcome: 'undone',
    findings: expect.arrayContaining([expect.stringContaining('db3')]) as unknown,
  })
  const after = await settledDatabase()
  expect(after.members.filter(({writable}) => writable === true)).toEqual([])
  expect(after.poolers).toEqual(before.poolers)
  expect(await sqlOn('db2', 'show primary_conninfo')).toBe(followed)

  expect(failureOf(await pp(failOver))).toMatchObject({exitCode: 3, error: {code: 'DATA_LOSS_OVER_LIMIT'}})
})
