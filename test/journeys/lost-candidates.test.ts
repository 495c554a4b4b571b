// Scenario: which standby takes over. Where none can: NO_CANDIDATE, exit 3, with the reason for each. Where the one that was asked
// for is behind another, it fetches the rest from that one first: exit 0, nothing lost.
// Incident behind it: a promotion of the nearest standby, which was 40 s behind the other.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut, mend, powerOff} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('without a standby that can take over nothing is touched: exit 3 NO_CANDIDATE', async () => {
  await powerOff(lab, 'db2')
  await killServer('db3')
  await killServer('db1')
  const ended = await failOver()
  expect(failureOf(ended)).toMatchObject({exitCode: 3, error: {code: 'NO_CANDIDATE'}})
  expect(failureOf(ended).error.message).toMatch(/db2 \(.*\), db3 \(/)
})

test('a standby that is behind another one fetches the rest from it before it takes over: exit 0', async () => {
  const load = await startClients()
  await cut(lab, 'db2', ['db1'])
  await sleep(1500)
  await powerOff(lab, 'db1')
  await mend(lab, 'db2')
  const ended = await failOver({}, '--to', 'db2')
  await sleep(500)
  const verdict = await load.stop()
  expectDone(ended)
  expect(reportOf(ended)).toMatchObject({to: 'db2', loss: {proven: true, bytes: 0}})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db2']})
})
