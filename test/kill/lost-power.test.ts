// Scenario: the primary's host hangs, pp cuts its power, and dies (kill -9) before or after that. A colleague resumes: one
// writable member, every acknowledged row there once: exit 0. One who takes it back is told that the power was cut and that
// nothing turns it on again: exit 13; once it is on, the boot gate lets it serve as before, or a new failover replaces it.
// Incident behind it: a server that was powered off by a tool that had crashed, and a night shift that looked for a fuse.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {freeze, powerOn} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {settledDatabase} from '../in-lab/fleet-state.ts'
import {lab, startAnew, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver, patiently, pp} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab('once')

async function killed(place: string) {
  await startAnew()
  const load = await startClients()
  await freeze(lab, 'db1')
  const died = await patiently(() => failOver({failpoint: `kill ${place}`}, '--to', 'db2'))
  expect({exitCode: died.exitCode, said: died.stdout + died.stderr}).toMatchObject({exitCode: 'SIGKILL'})
  return load
}

test.each(['before fence-lost', 'after fence-lost', 'before promote', 'after promote'])(
  'killed %s, then resumed: exit 0',
  async (place) => {
    const load = await killed(place)
    const ended = await pp(['op', 'resume', '--yes', '--json'])
    await sleep(500)
    const verdict = await load.stop()
    expectDone(ended)
    expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db2']})
  },
)

test('killed after the power was cut, then taken back: exit 13 names the host that has no power', async () => {
  const load = await killed('after fence-lost')
  const ended = await pp(['op', 'abort', '--yes', '--json'])
  expect(reportOf(ended)).toMatchObject({
    exitCode: 13,
    findings: expect.arrayContaining([
      expect.stringMatching(/^db1 has no power: this operation has cut it/),
    ]) as unknown,
  })
  await powerOn(lab, 'db1')
  const again = await patiently(() => failOver({}, '--to', 'db2'))
  await sleep(500)
  const verdict = await load.stop()
  expect([again.exitCode, verdict.lost, verdict.duplicated]).toEqual([0, 0, 0])
  expect((await settledDatabase()).members.filter(({writable}) => writable)).toHaveLength(1)
})
