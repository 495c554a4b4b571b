// Scenario: a script, or a colleague who did not see the first answer, gives the same command again. With --from the
// second run finds nothing to do: exit 0, "already", and the primary stays. Without --from or --to and without a
// terminal it is refused before anything is looked at: exit 2.
// Incident behind it: a retried CI job moved the primary on, to the member that maintenance was about to take down.
import {expect, test} from '@jest/globals'
import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {databaseNow, fleetNow} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {change, pp} from '../in-lab/pp.ts'
import {failureOf} from '../in-lab/report.ts'

useLab()

test('running twice with --from moves the primary once: exit 0, already', async () => {
  const again = ['failover', 'db', '--from', 'db1', '--yes', '--json']
  expect((await pp(again)).exitCode).toBe(0)
  const {members} = await databaseNow()
  const before = await fleetNow()

  const second = await pp(again)

  expect(second.exitCode).toBe(0)
  expect(JSON.parse(second.stdout)).toMatchObject({
    operation: null,
    outcome: 'done',
    exitCode: 0,
    from: 'db1',
    to: members.find(({writable}) => writable === true)?.host,
    timeline: {before: 2, after: 2},
    next: ['pp db status main'],
    already: true,
  })
  expect(await fleetNow()).toEqual(before)

  const unguarded = await pp(['failover', 'db', '--yes', '--json'])
  expect({status: unguarded.exitCode, code: failureOf(unguarded).error.code}).toEqual({
    status: 2,
    code: 'COMPARE_AND_SET_NEEDED',
  })
  expect(await fleetNow()).toEqual(before)
})

test('a saved plan is stale once yet another member is primary: exit 3, and the fleet as it was', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'pp-')), 'plan.json')
  expect((await pp(['failover', 'db', '--to', 'db3', '--plan', '--out', file, '--json'])).exitCode).toBe(0)
  expect((await change()).exitCode).toBe(0)
  const before = await fleetNow()

  const ended = await pp(['failover', 'db', '--apply', file, '--yes', '--json'])

  expect({status: ended.exitCode, code: failureOf(ended).error.code}).toEqual({status: 3, code: 'PLAN_STALE'})
  expect(await fleetNow()).toEqual(before)
})
