// Scenario: the primary answers the operator and its standbys, but no pooler reaches it: to every client it is lost. pp
// fences it over SSH, which still works, and promotes a standby that clients do reach: exit 0, nothing lost.
// Incident behind it: a switch port between the edge and one database host.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('a primary that no pooler reaches is fenced over SSH and replaced: exit 0', async () => {
  const load = await startClients()
  await cut(lab, 'db1', ['edge1', 'edge2', 'client1'])
  const ended = await failOver()
  await sleep(1000)
  const verdict = await load.stop()

  expectDone(ended)
  const report = reportOf(ended)
  expect(report).toMatchObject({lost: {condition: 'cut-off'}, loss: {proven: true, bytes: 0}})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [report.to]})
})
