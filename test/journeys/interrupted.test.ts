// Scenario: the operator presses Ctrl-C. Before the point of no return everything is put back: exit 130. After it only
// forward ends the outage, so pp finishes: exit 0. A second one leaves at once: exit 13, and pp op resume goes on. In no case does a
// client lose a row or stay held.
// Incident behind it: Ctrl-C during a promotion left poolers paused until somebody found the right console.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {hangArchiver, mend} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {changeUntil, pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test.each([
  {when: 'before prepare-return', happens: 'before anything is held'},
  {when: 'after pause', happens: 'while clients are held'},
  {when: 'before prove', happens: 'when the old primary has stopped'},
])('Ctrl-C $happens puts everything back: exit 130', async ({when}) => {
  const before = await settledDatabase()
  const load = await startClients()
  const operator = await changeUntil(when)
  operator.kill('SIGINT')
  operator.kill('SIGCONT')
  const ended = await operator.ended
  const verdict = await load.stop()

  expect({exitCode: ended.exitCode, outcome: reportOf(ended).outcome}).toEqual({
    exitCode: 130,
    outcome: 'undone',
  })
  expect(verdict).toMatchObject({failed: 0, unknown: 0, lost: 0, duplicated: 0, writable: ['db1']})
  expect(await checked()).toMatchObject(sound)
  expect(await settledDatabase()).toEqual(before)
})

test('Ctrl-C while the archiver hangs does not wait for it: everything put back, exit 130', async () => {
  await hangArchiver(lab, 'db1')
  const operator = await changeUntil('before archive')
  operator.kill('SIGCONT')
  await sleep(1000)
  operator.kill('SIGINT')
  const ended = await operator.ended
  expect({exitCode: ended.exitCode, report: reportOf(ended)}).toMatchObject({
    exitCode: 130,
    report: {outcome: 'undone', error: {code: 'INTERRUPTED'}},
  })
  await mend(lab, 'db1')
  expect(await checked()).toMatchObject(sound)
})

test('Ctrl-C after the point of no return finishes the change: exit 0', async () => {
  const load = await startClients()
  const operator = await changeUntil('after promote')
  operator.kill('SIGINT')
  operator.kill('SIGCONT')
  const ended = await operator.ended
  const verdict = await load.stop()

  expect({exitCode: ended.exitCode, outcome: reportOf(ended).outcome}).toEqual({exitCode: 0, outcome: 'done'})
  expect(verdict).toMatchObject({failed: 0, unknown: 0, lost: 0, duplicated: 0, writable: ['db2']})
  expect((await settledDatabase()).timeline).toBe(2)
})

test('a second Ctrl-C leaves at once: exit 13, the way on in one document, and pp op resume finishes', async () => {
  const load = await startClients()
  const operator = await changeUntil('after pause')
  operator.kill('SIGINT')
  operator.kill('SIGCONT')
  await operator.said('stopping:')
  await sleep(300) // within a moment it would be taken for the same one
  operator.kill('SIGINT')
  const left = await operator.ended
  expect({exitCode: left.exitCode, document: failureOf(left)}).toMatchObject({
    exitCode: 13,
    document: {outcome: 'human', exitCode: 13, error: {code: 'LEFT_AT_ONCE'}},
  })
  const [, id] = /^pp op resume (\w+)/.exec(failureOf(left).error.hint) ?? []

  const resumed = await pp(['op', 'resume', id!, '--yes', '--json'])
  const verdict = await load.stop()
  expectDone(resumed)
  expect(verdict).toMatchObject({failed: 0, unknown: 0, lost: 0, duplicated: 0, writable: ['db2']})
  expect(await checked()).toMatchObject(sound)
})
