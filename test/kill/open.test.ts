// Scenario: after a blackout pp opens the database and is killed on the way.
// Incident behind it: a console that closed with the battery it hung on.
import {expect, test} from '@jest/globals'

import {expectDone} from '../in-lab/ended.ts'
import {blackout} from '../in-lab/blackout.ts'
import {checked, fleetNow, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {pp} from '../in-lab/pp.ts'

useLab()

const open = (failpoint: string) => pp(['db', 'open', '--confirm', 'main', '--json'], {failpoint})

test('killed on the way, it is taken back or finished: nobody is primary, then one: exit 0', async () => {
  await blackout()
  const before = await fleetNow()
  expect((await open('kill after measure')).exitCode).toBe('SIGKILL')
  expect((await pp(['op', 'abort', '--yes', '--json'])).exitCode).toBe(0)
  expect((await settledDatabase()).members.filter(({writable}) => writable === true)).toEqual([])
  expect((await fleetNow()).db2?.split('\n')[0]).toBe(before.db2?.split('\n')[0])

  expect((await open('kill after promote')).exitCode).toBe('SIGKILL')
  const resumed = await pp(['op', 'resume', '--yes', '--json'])
  expectDone(resumed)
  expect(await checked()).toMatchObject(sound)
})
