// Scenario: the primary is to be changed on a working day, while clients write. Exit 0; no client sees a failed
// statement, no acknowledged row is missing or there twice, and what pp says it proved is what the table shows.
// Incident behind it: a change by hand on a quiet evening that failed 400 check-outs, because the poolers were
// re-pointed before the standby had been promoted.
import {expect, test} from '@jest/globals'

import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {change} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('changes the primary under load: exit 0, no statement fails, no row is lost', async () => {
  const load = await startClients()
  const ended = await change()
  const verdict = await load.stop()

  expect(ended.exitCode).toBe(0)
  expect(reportOf(ended)).toMatchObject({
    exitCode: 0,
    outcome: 'done',
    timeline: {before: 1, after: 2},
    loss: {proven: true, bytes: 0},
    probe: {failed: 0},
    findings: [],
  })
  expect(verdict).toMatchObject({failed: 0, unknown: 0, lost: 0, duplicated: 0, writable: ['db2']})
  expect(await checked()).toMatchObject(sound)
  expect((await settledDatabase()).members).toEqual([
    {host: 'db1', role: 'standby', writable: false, upstream: 'db2'},
    {host: 'db2', role: 'primary', writable: true, upstream: null},
    {host: 'db3', role: 'standby', writable: false, upstream: 'db2'},
  ])
})
