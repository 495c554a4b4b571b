// Scenario: a client has begun a transaction and sits on it. The poolers cannot be paused, because PAUSE waits for
// transactions to end. pp tries three times, lets clients go on in between, then puts everything back: exit 12,
// PAUSE_TIMED_OUT, with the name of the session in the way. Other clients lose nothing.
// Incident behind it: a reporting job idle in its transaction; the PAUSE was given up, and never taken back.
import {expect, test} from '@jest/globals'

import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {fleetOfLab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {change} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'
import {openTransaction} from '../in-lab/transaction.ts'

useLab()

test('a client idle in its transaction blocks the pause: exit 12, put back, and named', async () => {
  const before = await settledDatabase()
  const load = await startClients()
  const transaction = await openTransaction('edge1')
  const ended = await change()
  const verdict = await load.stop()
  await transaction.end()

  const report = reportOf(ended)
  expect({exitCode: ended.exitCode, outcome: report.outcome}).toEqual({exitCode: 12, outcome: 'undone'})
  expect(ended.stdout).toContain('PAUSE_TIMED_OUT')
  expect(ended.stdout).toMatch(/pp_probe@.*idle in transaction/)
  expect(verdict).toMatchObject({failed: 0, unknown: 0, lost: 0, duplicated: 0, writable: ['db1']})
  expect(await checked()).toMatchObject(sound)
  expect(await settledDatabase()).toEqual(before)
  expect(fleetOfLab().timings.pauseSeconds).toBeLessThanOrEqual(1)
})
