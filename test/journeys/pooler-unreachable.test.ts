// Scenario: one of two poolers does not answer. Its clients could not be held, and would go on writing to the old
// primary or to nobody; so the change is refused before anything is touched: exit 3, poolers.reachable, by name.
// Incident behind it: a pooler behind a broken switch kept 200 clients on the old primary for an hour.
import {expect, test} from '@jest/globals'

import {cut} from '../../src/lib/lab/index.ts'
import {databaseNow, fleetNow} from '../in-lab/fleet-state.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {db1ToDb2, pp} from '../in-lab/pp.ts'
import {failureOf} from '../in-lab/report.ts'

useLab()

test('a pooler that does not answer refuses the change and names it: exit 3, nothing touched', async () => {
  await cut(lab, 'edge2', ['operator'])
  const before = await fleetNow()

  const ended = await pp(db1ToDb2)

  const {error} = failureOf(ended)
  expect({exitCode: ended.exitCode, code: error.code}).toEqual({exitCode: 3, code: 'CHECKS_FAILED'})
  expect(error.message).toContain('poolers.reachable: edge2')
  expect(await fleetNow()).toEqual(before)
  expect(
    (await databaseNow()).members.filter((member) => member.writable).map((member) => member.host),
  ).toEqual(['db1'])
})
