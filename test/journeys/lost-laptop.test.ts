// Scenario: the operator's laptop is gone in the middle of a failover, journal and all. A colleague on another machine finds the
// operation on the hosts, resumes it from the copy beside the lock and finishes: exit 0.
// Incident behind it: a laptop that fell into a lake, and a runbook that began with "on your machine …".
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {expectDone} from '../in-lab/ended.ts'
import {settledDatabase} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {ownMachine} from '../in-lab/own-machine.ts'
import {failOver, pp} from '../in-lab/pp.ts'

useLab()

test('a colleague finishes a failover from the copy beside the lock: exit 0', async () => {
  const load = await startClients()
  await killServer('db1')
  expect((await failOver({failpoint: 'kill after fence-lost'}, '--to', 'db2')).exitCode).toBe('SIGKILL')
  const colleague = {env: {XDG_STATE_HOME: await ownMachine()}}
  const {stdout} = await pp(['status'], colleague)
  const [, id = 'no operation is shown'] = /operation (\w+) holds the lock/.exec(stdout) ?? []
  const shown = await pp(['op', 'show', id, '--manual'], colleague)
  expect(shown).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/step-intent.*"fence-lost"/) as unknown,
  })
  expect(JSON.parse((await pp(['op', 'list', '--json'], colleague)).stdout)).toMatchObject({operations: []})
  const ended = await pp(['op', 'resume', id, '--yes', '--json'], colleague)
  await sleep(500)
  const verdict = await load.stop()
  expectDone(ended)
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db2']})
  expect((await settledDatabase()).members.filter(({writable}) => writable).map(({host}) => host)).toEqual([
    'db2',
  ])
})
