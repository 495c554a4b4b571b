// Scenario: pp dies at the beginning of a planned change, the old primary's host is power-cycled, and while its boot gate
// asks whether it may open, colleagues hold the lock again and again. It comes up read-only, so nobody is primary. Taking the
// change back cannot start it as what it was; pp gives back what it can, says so with exit 13, and pp db open does the rest.
// Incident behind it: an abort that failed forty times in a row on a server that was already running.
import {expect, test} from '@jest/globals'

import {powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {lab, onHost, sqlOn, untilStarted, useLab} from '../in-lab/lab.ts'
import {change, pp} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('an old primary that came up as a standby is not put back: exit 13, then pp db open: exit 0', async () => {
  expect((await change({failpoint: 'kill after prepare-slots'})).exitCode).toBe('SIGKILL')
  await powerOff(lab, 'db1')
  // As the boot gate does where an operation is at work.
  await powerOn(lab, 'db1')
  await untilStarted('db1')
  await demote('db1')

  const aborted = await pp(['op', 'abort', '--yes', '--json'])
  expect(reportOf(aborted)).toMatchObject({
    exitCode: 13,
    findings: ['no member accepts writes: pp db open main'],
  })
  const opened = await pp(['db', 'open', '--confirm', 'main', '--json'])
  expectDone(opened)
  expect((await settledDatabase()).members.filter(({writable}) => writable)).toHaveLength(1)
  expect(await checked()).toMatchObject(sound)
})

async function demote(host: string): Promise<void> {
  await onHost(host, 'touch', '/var/lib/postgresql/15/main/standby.signal')
  await onHost(host, 'systemctl', 'restart', 'postgresql@15-main.service')
  expect(await sqlOn(host, 'select pg_is_in_recovery()')).toBe('t')
}
