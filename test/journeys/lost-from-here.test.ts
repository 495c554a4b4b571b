// Scenario: only the operator's machine is cut off from the primary; poolers and standbys reach it, clients write. pp sees
// that others hear it, and refuses to touch it: exit 3, PRIMARY_ALIVE, with who sees what.
// Incident behind it: a VPN that lost one subnet, and a healthy primary that was shot.
import {expect, test} from '@jest/globals'

import {cut, mend} from '../../src/lib/lab/index.ts'
import {fleetNow} from '../in-lab/fleet-state.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver, pp} from '../in-lab/pp.ts'
import {failureOf} from '../in-lab/report.ts'

useLab()

test('a primary that only this machine cannot reach is left alone: exit 3 PRIMARY_ALIVE', async () => {
  const before = await fleetNow()
  const load = await startClients()
  await cut(lab, 'db1', ['operator'])
  const ended = await failOver({}, '--unplanned')
  await mend(lab, 'db1')
  const verdict = await load.stop()

  expect(ended.exitCode).toBe(3)
  const {error} = failureOf(ended)
  expect(error).toMatchObject({code: 'PRIMARY_ALIVE'})
  expect(error.message).toMatch(/edge1 +sees it writable/)
  expect(verdict).toMatchObject({failed: 0, lost: 0, duplicated: 0, writable: ['db1']})
  expect(await fleetNow()).toEqual(before)
})

test('a primary that is well is not failed over, whatever is insisted on: exit 3 PRIMARY_ALIVE', async () => {
  const before = await fleetNow()
  const ended = await pp(['failover', 'db', '--unplanned', '--from', 'db1', '--yes', '--json'])
  expect(failureOf(ended)).toMatchObject({exitCode: 3, error: {code: 'PRIMARY_ALIVE'}})
  expect(await fleetNow()).toEqual(before)
})
