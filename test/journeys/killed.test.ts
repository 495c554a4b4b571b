// Scenario: the short form of the kill matrix (npm run test:kill): pp is killed at the four places where most goes wrong,
// then `pp op resume` or `pp op abort` follows: exit 0, one writable member, every acknowledged row there once. The same where
// settings were written and the server not yet told to read them: it shows the old ones until it is started anew.
// Incident behind it: a laptop that ran out of battery between stop and promote.
import {expect, test} from '@jest/globals'

import {expectDone} from '../in-lab/ended.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {onHost, startAnew, useLab} from '../in-lab/lab.ts'
import {change, pp} from '../in-lab/pp.ts'
import {killThen, type Cell} from '../kill/planned.ts'

useLab('once')

const cells: readonly Cell[] = [
  {when: 'after', step: 'pause', then: 'resume'},
  {when: 'after', step: 'stop', then: 'abort'},
  {when: 'before', step: 'promote', then: 'resume'},
  {when: 'after', step: 'promote', then: 'resume'},
]

test.each(cells)(
  'pp killed $when $step and pp op $then: exit 0, one writable member, every row once',
  killThen,
)

const writtenSettings = () => onHost('db1', 'cat', '/var/lib/postgresql/15/main/postgresql.auto.conf')

test('settings that were written and not read are taken back by pp op abort: exit 0', async () => {
  await startAnew()
  const before = await writtenSettings()
  expect((await change({failpoint: 'kill before reload-db1'})).exitCode).toBe('SIGKILL')
  expect(await writtenSettings()).not.toBe(before)
  expect((await pp(['op', 'abort', '--yes', '--json'])).exitCode).toBe(0)
  expect(await writtenSettings()).toBe(before)
})

test('settings that pp op abort has taken back and not had read are made again by pp op resume: exit 0', async () => {
  await startAnew()
  expect((await change({failpoint: 'kill after pause'})).exitCode).toBe('SIGKILL')
  const aborted = await pp(['op', 'abort', '--yes', '--json'], {failpoint: 'kill before reload-db1'})
  expect(aborted.exitCode).toBe('SIGKILL')
  expectDone(await pp(['op', 'resume', '--yes', '--json']))
  expect(await checked()).toMatchObject(sound)
  const db1 = (await settledDatabase()).members.find(({host}) => host === 'db1')
  expect(db1).toMatchObject({role: 'standby', upstream: 'db2'})
})
