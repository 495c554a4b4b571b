// Scenario: the primary's host is dead, and one of the two standbys whose word bounded the loss dies while the failover is
// under way. What was safe to promote a moment ago is not any more: pp puts everything back: exit 12, and says so.
// Incident behind it: a rack that lost its second power strip forty seconds after the first.
import {expect, test} from '@jest/globals'

import {powerOff} from '../../src/lib/lab/index.ts'
import {settledDatabase} from '../in-lab/fleet-state.ts'
import {lab, sqlOn, useLab} from '../in-lab/lab.ts'
import {startPp} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('a loss that is over the limit after the first act is put back: exit 12 DATA_LOSS_OVER_LIMIT', async () => {
  const before = await settledDatabase()
  const followed = await sqlOn('db2', 'show primary_conninfo')
  await powerOff(lab, 'db1')
  const operator = startPp(['failover', 'db', '--from', 'db1', '--to', 'db2', '--yes', '--json'], {
    failpoint: 'stop after hold',
  })
  await operator.stopped()
  await powerOff(lab, 'db3')
  operator.kill('SIGCONT')
  const ended = await operator.ended

  const report = reportOf(ended)
  expect({exitCode: ended.exitCode, code: report.error?.code}).toEqual({
    exitCode: 12,
    code: 'DATA_LOSS_OVER_LIMIT',
  })
  const after = await settledDatabase()
  expect(after.members.filter(({writable}) => writable === true)).toEqual([])
  expect(after.poolers).toEqual(before.poolers)
  expect(await sqlOn('db2', 'show primary_conninfo')).toBe(followed)
})
