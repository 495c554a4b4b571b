// Scenario: the operator's laptop closes its lid in the middle (SIGSTOP) for longer than the lease, then opens again.
// Nobody took the operation over meanwhile, so pp, woken up, sees that its lease is stale, locks again, looks again and
// finishes or puts back. The guards have let clients go on long before: none stays held.
// Incident behind it: a laptop asleep in a taxi, and a paused pooler nobody else had a reason to suspect.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {checked, databaseNow, sound} from '../in-lab/fleet-state.ts'
import {fleetOfLab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {changeUntil} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('pp that slept past its lease before the pause locks again and finishes: exit 0', async () => {
  const load = await startClients()
  const operator = await changeUntil('after mask')
  await sleep((fleetOfLab().timings.leaseSeconds + 1) * 1000)
  operator.kill('SIGCONT')
  const ended = await operator.ended
  const verdict = await load.stop()

  expect({exitCode: ended.exitCode, outcome: reportOf(ended).outcome}).toEqual({exitCode: 0, outcome: 'done'})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db2']})
  expect(await checked()).toMatchObject(sound)
})

test('clients go on by themselves when pp sleeps while it holds them, and it finishes when it wakes: exit 0', async () => {
  const load = await startClients()
  const operator = await changeUntil('after pause')
  const {leaseSeconds, guardSeconds} = fleetOfLab().timings
  await sleep((Math.max(leaseSeconds, guardSeconds) + 2) * 1000)
  const held = (await databaseNow()).poolers.filter((pooler) => pooler.paused)
  expect(held).toEqual([])

  operator.kill('SIGCONT')
  const ended = await operator.ended
  const verdict = await load.stop()
  expect({exitCode: ended.exitCode, outcome: reportOf(ended).outcome}).toEqual({exitCode: 0, outcome: 'done'})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0})
  expect(verdict.writable).toHaveLength(1)
  expect(await checked()).toMatchObject(sound)
})
