// Scenario: the primary's host hangs: its kernel takes connections, nothing answers, and what it held stays open. pp does
// not ask it to stop, it takes the power away; connections that poolers still have to it are closed: exit 0, nothing lost.
// Where only the server hangs and its host is well, its processes are killed, not asked.
// Incident behind it: a controller firmware that froze a rack server, and poolers that waited for it for fifteen minutes.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {freeze} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {lab, onHost, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('a host that hangs is powered off and replaced, and its clients go on: exit 0', async () => {
  const load = await startClients()
  await freeze(lab, 'db1')
  const ended = await failOver()
  await sleep(1000)
  const verdict = await load.stop()

  expectDone(ended)
  const report = reportOf(ended)
  expect(report).toMatchObject({lost: {condition: 'hung'}, loss: {proven: true, bytes: 0}})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [report.to]})
})

test('a server that hangs on a host that is well is killed by it and replaced: exit 0', async () => {
  const load = await startClients()
  await onHost('db1', 'pkill', '-STOP', '-u', 'postgres')
  const ended = await failOver()
  await sleep(500)
  const verdict = await load.stop()

  expectDone(ended)
  const report = reportOf(ended)
  expect(report).toMatchObject({
    lost: {condition: 'hung', fence: {by: 'ssh'}},
    loss: {proven: true, bytes: 0},
  })
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [report.to]})
})
