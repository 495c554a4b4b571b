// Scenario: the candidate's walreceiver hangs; to everybody who asks it still streams. Nothing can prove that it has
// every write, so nobody is promoted: the change is put back, exit 12, and writes go on at the old primary.
// Incident behind it: a standby two minutes behind was promoted, because its last status report had looked well.
import {expect, test} from '@jest/globals'

import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {signalServerProcess} from '../in-lab/member.ts'
import {change} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('a candidate whose walreceiver hangs is not promoted: exit 12, writes go on at the old primary', async () => {
  const load = await startClients()
  await signalServerProcess('db2', 'walreceiver', 'STOP')
  const ended = await change()
  await signalServerProcess('db2', 'walreceiver', 'CONT')
  const verdict = await load.stop()

  expect(ended.exitCode).toBe(12)
  expect(reportOf(ended).timeline.after).toBe(1)
  expect(verdict).toMatchObject({failed: 0, lost: 0, duplicated: 0, writable: ['db1']})
  expect(await checked()).toMatchObject(sound)
  expect((await settledDatabase()).poolers.map((pooler) => pooler.target)).toEqual(['db1', 'db1', 'db1'])
})
