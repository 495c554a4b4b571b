// Scenario: two operators answer the same alarm, of a primary that is to move or of one that is lost. The second one's pp
// finds the lock on the hosts and is refused with exit 6, naming who holds it; the first one finishes with exit 0 as if
// nothing had happened.
// Incident behind it: two change windows in one chat channel; both promoted.
import {expect, test} from '@jest/globals'

import {settledDatabase} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {killServer} from '../in-lab/member.ts'
import {ownMachine} from '../in-lab/own-machine.ts'
import {changeUntil, pp, startPp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('the second of two operators is refused with exit 6, the first one finishes with exit 0', async () => {
  const first = await changeUntil('before checkpoint', {PP_LEASE_SECONDS: '60'})

  // On a machine of their own: what the first one's journal says is not there to read, only the hosts' lock is.
  const second = await pp(['failover', 'db', '--from', 'db1', '--to', 'db3', '--yes', '--json'], {
    env: {XDG_STATE_HOME: await ownMachine()},
  })
  const {error} = failureOf(second)
  expect({exitCode: second.exitCode, code: error.code}).toEqual({exitCode: 6, code: 'TARGET_LOCKED'})
  expect(error.message).toMatch(/is being changed by .+ \(operation /)

  first.kill('SIGCONT')
  const ended = await first.ended
  expect({exitCode: ended.exitCode, outcome: reportOf(ended).outcome}).toEqual({exitCode: 0, outcome: 'done'})
  expect((await settledDatabase()).members.find((member) => member.writable)?.host).toBe('db2')
})

test('the same when the primary is lost: one fences and promotes, the other is refused with exit 6', async () => {
  await killServer('db1')
  const failover = ['failover', 'db', '--from', 'db1', '--yes', '--json']
  const first = startPp([...failover, '--to', 'db2'], {
    failpoint: 'stop after detach',
    env: {PP_LEASE_SECONDS: '60'},
  })
  await first.stopped()
  const second = await pp([...failover, '--to', 'db3'], {env: {XDG_STATE_HOME: await ownMachine()}})
  expect(failureOf(second)).toMatchObject({exitCode: 6, error: {code: 'TARGET_LOCKED'}})

  first.kill('SIGCONT')
  expect(reportOf(await first.ended)).toMatchObject({exitCode: 0, to: 'db2'})
})
