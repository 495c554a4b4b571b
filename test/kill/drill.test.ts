// Scenario: pp is killed in the middle of a drill; two drills at once; the stop lever; a fleet that is not well. Exit 12 once it is
// undone, 6 and 7 where it may not begin, 3 where nothing may be broken. Proves that what was broken is put right whoever does it.
// Incident behind it: a drill whose script died between switching the host off and on again. It was found by the customers.
import {expect, test} from '@jest/globals'
import * as z from 'zod'

import type {DrillReport} from '../../src/lib/drill/report/report-types.ts'
import {untilReady} from '../in-lab/drills.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, sound} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {ownMachine} from '../in-lab/own-machine.ts'
import {pp, startPp} from '../in-lab/pp.ts'

useLab()

const unfinishedRuns = z.object({unfinished: z.array(z.object({run: z.string()}))})

test('pp is killed with the host switched off: undo puts it right and reports; then another run may begin', async () => {
  await untilReady('dr')
  const killed = await pp(['drill', 'dr', '--yes', '--json'], {failpoint: 'kill after fault'})
  expect(killed.exitCode).toBe('SIGKILL')
  const refused = await pp(['drill', 'dr', '--yes', '--json'])
  expect(refused.exitCode).toBe(6)

  const undone = await pp(['drill', 'undo', '--yes', '--json'])
  expect(undone.exitCode).toBe(12)
  expect(JSON.parse(undone.stdout)).toMatchObject({
    outcome: 'undone',
    faults: [{kind: 'power-off', gone: expect.stringContaining('says on') as unknown}],
    rpo: {lost: []},
  })
  expect(await checked()).toMatchObject(sound)
  expect((await pp(['drill', 'undo', '--yes', '--json'])).exitCode).toBe(2)
  await untilReady('dr')
})

test('the machine of a drill is lost with the host switched off: a colleague finds the drill on the voters and undoes it', async () => {
  await untilReady('dr')
  expect((await pp(['drill', 'dr', '--yes', '--json'], {failpoint: 'kill after fault'})).exitCode).toBe(
    'SIGKILL',
  )
  const colleague = {env: {XDG_STATE_HOME: await ownMachine()}}
  const {stdout} = await pp(['drill', 'status', '--json'], colleague)
  const [left, ...others] = unfinishedRuns.parse(JSON.parse(stdout)).unfinished
  expect(others).toEqual([])
  const undone = await pp(['drill', 'undo', left?.run ?? '', '--yes', '--json'], colleague)
  expect({exitCode: undone.exitCode, said: undone.stdout}).toMatchObject({
    exitCode: 12,
    said: expect.stringContaining('says on') as unknown,
  })
  expect(await checked()).toMatchObject(sound)
  await untilReady('dr')
})

test('a drill that is held up keeps another one out; the lever stops it, and keeps new ones from starting', async () => {
  await untilReady('switchover')
  const first = startPp(['drill', 'switchover', '--yes', '--json'], {failpoint: 'stop after markers'})
  await first.stopped()
  const second = await pp(['drill', 'switchover', '--yes', '--json'])
  expect(second.exitCode).toBe(6)
  expectDone(await pp(['drill', 'lever', 'engage', '--why', 'incident 4711', '--json']))
  first.kill('SIGCONT')
  const {exitCode, stdout} = await first.ended
  expect({exitCode, stdout}).toMatchObject({exitCode: 12})
  expect((JSON.parse(stdout) as DrillReport).reasons.join()).toContain('incident 4711')
  const third = await pp(['drill', 'switchover', '--yes', '--json'])
  expect(third.exitCode).toBe(7)
  expect(third.stdout).toContain('incident 4711')
  expectDone(await pp(['drill', 'lever', 'release', '--json']))
  await untilReady('switchover')
})

test('without a steady state nothing is broken: exit 3', async () => {
  expectDone(await pp(['lab', 'break', 'db3', '--kill', 'postgres', '--json']))
  const ended = await pp(['drill', 'dr', '--yes', '--json'])
  expect(ended.exitCode).toBe(3)
  expect((await checked()).exitCode).toBe(0)
  expect(JSON.parse((await pp(['op', 'list', '--json'])).stdout)).toMatchObject({operations: []})
})
