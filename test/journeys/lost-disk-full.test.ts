// Scenario: the primary's disk is full under load. Its server cannot write one more row; its host answers. pp fences it there and
// brings the best standby up: exit 0, nothing lost.
// Incident behind it: a forgotten replication slot, and an hour of looking for something to delete.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {fillDisk, mend} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('a primary without room on its disk is fenced over SSH and replaced: exit 0', async () => {
  const load = await startClients()
  await fillDisk(lab, 'db1')
  const ended = await failOver()
  await sleep(500)
  const verdict = await load.stop()
  await mend(lab, 'db1')

  expectDone(ended)
  const report = reportOf(ended)
  expect(report).toMatchObject({lost: {condition: 'disk-full'}, loss: {proven: true, bytes: 0}})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [report.to]})
})
