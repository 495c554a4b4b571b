// Scenario: a standby is cut off while the primary is replaced, so it never follows to the new timeline; then the new primary's
// process dies. The standby has nothing of what was written meanwhile, and its own timeline has no more WAL on the lost
// primary's disk either. pp must not take that for "0 B missing": it refuses, exit 3, nothing touched.
// Incident behind it: a random schedule of faults, in which a promotion that would have lost 500 kB was announced with loss 0.
import {expect, test} from '@jest/globals'

import {cut, mend} from '../../src/lib/lab/index.ts'
import {lab, sqlOn, useLab} from '../in-lab/lab.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver, pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('a standby that was left behind on an earlier timeline does not take over: exit 3', async () => {
  await cut(lab, 'db2', ['db1', 'db3'])
  await killServer('db1')
  const first = await failOver({}, '--to', 'db3', '--max-loss', 'any')
  expect([0, 11]).toContain(first.exitCode)
  expect(reportOf(first).to).toBe('db3')
  await sqlOn('db3', `insert into pp.probe (writer, n) values ('only here', 1)`)
  await killServer('db3')

  const refused = await pp(['failover', 'db', '--from', 'db3', '--again', '--yes', '--json'])
  expect(failureOf(refused)).toMatchObject({exitCode: 3, error: {code: 'NO_CANDIDATE'}})
  expect(failureOf(refused).error.message).toMatch(/db2 \(left behind on timeline 1; db3 is on 2\)/)
  expect((await sqlOn('db2', 'select pg_is_in_recovery()')).trim()).toBe('t')
  await mend(lab, 'db2')
})
