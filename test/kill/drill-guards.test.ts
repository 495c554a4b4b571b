// Scenario: a drill outside of its window, and a plan that somebody has changed or that the fleet has outrun. Exit 7 and 3. Proves that
// nothing is broken then: no operation is begun, and the fleet is as it was.
// Incident behind it: a plan that was reviewed on Thursday ran on Saturday, against the host that had become primary on Friday.
import {expect, test} from '@jest/globals'
import {mkdtemp, readFile, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {untilReady, withStory} from '../in-lab/drills.ts'
import {expectDone} from '../in-lab/ended.ts'
import {databaseNow} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {change, pp} from '../in-lab/pp.ts'

useLab()

const nothingBegun = async () =>
  expect(JSON.parse((await pp(['op', 'list', '--json'])).stdout)).toMatchObject({operations: []})

test('outside of its window a drill neither checks nor runs, and says when it opens: exit 7', async () => {
  const tomorrow = new Date(Date.now() + 36 * 3600_000)
  const day = tomorrow.toLocaleDateString('en-GB', {weekday: 'short', timeZone: 'UTC'}).toLowerCase()
  const story = await withStory(`
guards: {windows: {lab: {timeZone: UTC, allowed: [{days: [${day}], from: 02:00, to: 03:00}]}}}
steadyState: [{name: clients-write, probe: {marker: {}}, when: [before, after]}]
method: [{fault: power-off, host: '{primary}'}]
objectives: {rpo: 0}
`)
  for (const verb of [
    ['check', 'story'],
    ['story', '--yes'],
  ]) {
    const ended = await pp(['drill', ...verb, '--json'], story)
    expect(ended).toMatchObject({exitCode: 7, stdout: expect.stringContaining('OUTSIDE_WINDOW') as unknown})
    expect(ended.stdout).toContain(`02:00`)
  }
  await nothingBegun()
})

test('a plan that was edited, and one whose primary is another by now, are refused: exit 3', async () => {
  await untilReady('switchover')
  const file = join(await mkdtemp(join(tmpdir(), 'pp-')), 'plan.json')
  expectDone(await pp(['drill', 'switchover', '--plan', '--out', file, '--json']))
  const plan = await readFile(file, 'utf8')
  await writeFile(file, plan.replace('db1', 'db3'))
  expect(await pp(['drill', 'switchover', '--apply', file, '--yes', '--json'])).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining('PLAN_EDITED') as unknown,
  })
  await nothingBegun()
  await writeFile(file, plan)
  expectDone(await change())
  const before = await databaseNow()
  expect(await pp(['drill', 'switchover', '--apply', file, '--yes', '--json'])).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining('PLAN_STALE') as unknown,
  })
  expect(await databaseNow()).toEqual(before)
})
