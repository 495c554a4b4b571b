// Scenario: pp is killed right after each kind of step of a drill. Exit 0 and 12 of whoever goes on. Proves that from any of them a run can
// be gone on with or undone: nothing stays broken, one member is writable, no row is lost.
// Incident behind it: the drill's machine was rebooted for an update at 3:10 on Saturday, ten minutes into the drill.
import {expect, test} from '@jest/globals'

import {drillReport, untilReady} from '../in-lab/drills.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {pp} from '../in-lab/pp.ts'

useLab()

test.each([
  {step: 'markers', verb: 'resume'},
  {step: 'fault', verb: 'resume'},
  {step: 'operation', verb: 'undo'},
  {step: 'wait', verb: 'resume'},
  {step: 'lift', verb: 'undo'},
  {step: 'recover', verb: 'resume'},
  {step: 'steady', verb: 'undo'},
  {step: 'collect', verb: 'resume'},
])('after $step, then $verb', async ({step, verb}) => {
  await untilReady('dr')
  const killed = await pp(['drill', 'dr', '--yes', '--json'], {failpoint: `kill after ${step}`})
  expect(killed.exitCode).toBe('SIGKILL')
  const ended = await pp(['drill', verb, '--yes', '--json'])
  const {outcome, faults, rpo} = drillReport(ended)
  // Nothing measures the time in which pp was dead but the prober on the client host; that is what the verdict is about.
  expect({exitCode: ended.exitCode, outcome}).toEqual(
    verb === 'undo' ? {exitCode: 12, outcome: 'undone'} : {exitCode: 0, outcome: 'done'},
  )
  if (step !== 'markers' || verb === 'resume')
    expect(faults).toMatchObject([{kind: 'power-off', gone: expect.stringContaining('says on') as unknown}])
  expect(rpo?.lost).toEqual([])
  expect(await checked()).toMatchObject(sound)
  expect((await settledDatabase()).members.filter(({writable}) => writable)).toHaveLength(1)
})
