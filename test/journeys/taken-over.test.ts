// Scenario: pp sleeps (SIGSTOP) or dies in the middle, and a colleague on another machine takes the operation back or
// finishes it. This machine's journal knows nothing of that; the voters do. Woken up, pp stops and changes nothing: exit 6.
// The next change from here finds the operation ended and goes its own way: exit 0.
// Incident behind it: a lid that was opened on the train home, two hours after the change had been called off.
import {expect, test} from '@jest/globals'

import {expectDone} from '../in-lab/ended.ts'
import {settledDatabase} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {ownMachine} from '../in-lab/own-machine.ts'
import {change, changeUntil, pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

/** Ends what is locked from another machine. */
async function colleague(verb: 'resume' | 'abort'): Promise<void> {
  const env = {XDG_STATE_HOME: await ownMachine()}
  const {stdout} = await pp(['status'], {env})
  const [, id = 'no operation is shown'] = /operation (\w+) holds the lock/.exec(stdout) ?? []
  const ended = await pp(['op', verb, id, '--yes', '--json'], {env})
  expectDone(ended)
}

test('pp asleep after the stop, taken back by a colleague: woken up it stops, and nothing moves: exit 6', async () => {
  const load = await startClients()
  const operator = await changeUntil('after stop')
  await colleague('abort')
  const before = await settledDatabase()
  operator.kill('SIGCONT')
  const ended = await operator.ended
  const verdict = await load.stop()

  expect(ended.exitCode).toBe(6)
  expect(failureOf(ended).error.code).toBe('OPERATION_TAKEN_OVER')
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
  expect(await settledDatabase()).toMatchObject({members: before.members, poolers: before.poolers})
})

test('killed here, finished by a colleague: the next change from here is not held up: exit 0', async () => {
  expect((await change({failpoint: 'kill after pause'})).exitCode).toBe('SIGKILL')
  await colleague('resume')
  const back = await pp(['failover', 'db', '--from', 'db2', '--to', 'db1', '--yes', '--json'])
  expect({exitCode: back.exitCode, to: reportOf(back).to}).toEqual({exitCode: 0, to: 'db1'})
  const resumed = await pp(['op', 'resume', '--yes', '--json'])
  expect(failureOf(resumed).error.code).toBe('OPERATION_UNKNOWN')
})
