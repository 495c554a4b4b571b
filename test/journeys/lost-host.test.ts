// Scenario: the primary's host loses its power under load. Nobody reaches it; the power switch says off. pp fences it
// there, sees that it is silent, promotes the most advanced standby and leads clients to it: exit 0, and with synchronous
// replication no acknowledged row is missing.
// Incident behind it: a power supply at 3 a.m., and two hours in which nobody dared to promote.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {powerOff} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('a primary whose host has no power is replaced without losing an acknowledged row: exit 0', async () => {
  const load = await startClients()
  await powerOff(lab, 'db1')
  const ended = await failOver()
  await sleep(500)
  const verdict = await load.stop()

  expectDone(ended)
  const report = reportOf(ended)
  expect(report).toMatchObject({
    lost: {condition: 'host-dead'},
    loss: {proven: true, bytes: 0},
    timeline: {before: 1, after: 2},
  })
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [report.to]})
})
