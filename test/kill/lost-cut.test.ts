// Scenario: cables break by halves. A primary that hears everybody and is heard by nobody has its power taken and is replaced: exit 0.
// One that only its standbys do not hear, or that only its clients still reach, is alive to them: pp leaves it alone, exit 3.
// Incident behind it: a half-broken transceiver, and two primaries that each had half of the clients.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut, mend} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {fleetNow} from '../in-lab/fleet-state.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('a primary that is not heard by anybody is switched off and replaced: exit 0', async () => {
  const load = await startClients()
  await cut(lab, 'db1', [], true)
  const ended = await failOver()
  await sleep(500)
  const verdict = await load.stop()
  expectDone(ended)
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [reportOf(ended).to]})
})

test.each([
  {who: 'only its clients reach', from: ['operator', 'db2', 'db3'], oneWay: false},
  {who: 'only its standbys do not hear', from: ['operator', 'db2', 'db3'], oneWay: true},
])('a primary that $who is left alone: exit 3', async ({from, oneWay}) => {
  const before = await fleetNow()
  const load = await startClients()
  await cut(lab, 'db1', from, oneWay)
  const ended = await failOver({}, '--unplanned')
  await mend(lab, 'db1')
  const verdict = await load.stop()
  expect(failureOf(ended)).toMatchObject({exitCode: 3, error: {code: 'PRIMARY_ALIVE'}})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
  expect(await fleetNow()).toEqual(before)
})
