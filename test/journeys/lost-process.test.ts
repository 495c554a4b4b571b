// Scenario: PostgreSQL is killed on a healthy host and stays down. pp kills what may be left, masks the unit, promotes the
// most advanced standby: exit 0, nothing lost.
// Incident behind it: the kernel's OOM killer, and a unit without Restart=.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {expectDone} from '../in-lab/ended.ts'
import {onHost, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('a server that was killed is fenced by its own host and replaced: exit 0', async () => {
  const load = await startClients()
  await killServer('db1')
  const ended = await failOver()
  await sleep(500)
  const verdict = await load.stop()

  expectDone(ended)
  const report = reportOf(ended)
  expect(report).toMatchObject({lost: {condition: 'process-dead'}, loss: {proven: true, bytes: 0}})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [report.to]})
  // It stays out of service, and would come up as a standby.
  const state = await onHost('db1', 'systemctl', 'show', '-P', 'LoadState', 'postgresql@15-main.service')
  expect(state.trim()).toBe('masked')
  expect(await onHost('db1', 'ls', '/var/lib/postgresql/15/main/standby.signal')).toContain('standby.signal')
})
