// Scenario: the primary is dead, pp has told the poolers' hosts so and holds the clients, and then the operator's machine is
// gone. Nobody can be led anywhere yet. At the hard limit the guards let the clients go, into errors and not to the fenced
// member; a colleague then finishes: exit 0, no acknowledged row lost.
// Incident behind it: a pause that outlived its operator by four hours, because every pooler waited to be told.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {expectDone} from '../in-lab/ended.ts'
import {databaseNow, settledDatabase} from '../in-lab/fleet-state.ts'
import {fleetOfLab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver, pp} from '../in-lab/pp.ts'

useLab()

test('clients that a dead operator holds are let go at the hard limit, and a colleague finishes: exit 0', async () => {
  const load = await startClients()
  await killServer('db1')
  expect((await failOver({failpoint: 'kill after hold'}, '--to', 'db2')).exitCode).toBe('SIGKILL')
  const hardLimitSeconds = (fleetOfLab().databases[0]?.clientTimeoutSeconds ?? 0) - 5
  const deadline = Date.now() + (hardLimitSeconds + 5) * 1000
  const held = async () => (await databaseNow()).poolers.filter(({paused}) => paused)
  while ((await held()).length > 0 && Date.now() < deadline) await sleep(500)
  expect(await held()).toEqual([])

  const ended = await pp(['op', 'resume', '--yes', '--json'])
  await sleep(500)
  const verdict = await load.stop()
  expectDone(ended)
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db2']})
  expect((await settledDatabase()).poolers.map(({target}) => target)).toEqual(['db2', 'db2', 'db2'])
})
