// Scenario: hosts lose their power and get it back. An old primary that was replaced while it was off, and could not be told,
// asks the others before it starts: it comes up read-only and says why. A whole rack that starts at once has all of them
// asking, and its last primary opens by itself. One that can ask nobody stays read-only.
// Incident behind it: a power strip switched on again on Monday, and a second primary that took writes until Wednesday.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut, mend, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {lab, onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver, pp} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

const gateSaid = (host: string): Promise<string> =>
  onHost(host, 'journalctl', '-b', '-o', 'cat', '-u', 'postgresql@15-main.service', '-g', 'gate of')

/** Waits until PostgreSQL of a host answers, and says whether it is a standby. */
async function isStandby(host: string): Promise<boolean> {
  for (const deadline = Date.now() + 60_000; ;) {
    const answer = await sqlOn(host, 'select pg_is_in_recovery()').catch(() => '')
    if (answer !== '') return answer.trim() === 't'
    if (Date.now() > deadline) throw new Error(`PostgreSQL of ${host} does not answer`)
    await sleep(200)
  }
}

test('a primary that was replaced while it had no power comes up read-only: failover exit 0', async () => {
  await powerOff(lab, 'db1')
  const ended = await failOver()
  expect({exitCode: ended.exitCode, to: reportOf(ended).timeline.after}).toEqual({exitCode: 0, to: 2})
  await powerOn(lab, 'db1')
  expect(await isStandby('db1')).toBe(true)
  expect(await gateSaid('db1')).toMatch(/read-only: .*(timeline 2|accepts writes|fenced db1)/)
  const writable = (await settledDatabase()).members.filter((member) => member.writable)
  expect(writable.map(({host}) => host)).toEqual([reportOf(ended).to])
})

test('a rack that starts at once has its last primary back by itself: db check exit 0', async () => {
  const hosts = ['db1', 'db2', 'db3', 'edge1', 'edge2']
  for (const host of hosts) await powerOff(lab, host)
  for (const host of hosts) await powerOn(lab, host)
  expect(await isStandby('db1')).toBe(false)
  expect(await isStandby('db2')).toBe(true)
  expect(await gateSaid('db1')).toMatch(/primary as before/)
  expect(await checked()).toMatchObject(sound)
})

test('a primary that can ask nobody when it comes back stays read-only', async () => {
  await powerOff(lab, 'db1')
  await cut(lab, 'db1', ['db2', 'db3', 'edge1', 'edge2'])
  await powerOn(lab, 'db1')
  expect(await isStandby('db1')).toBe(true)
  expect(await gateSaid('db1')).toMatch(/read-only: no majority answers/)
  await mend(lab, 'db1')
})

test('a new primary that loses its power before its operation has ended does not block it: exit 13, then pp db open', async () => {
  await killServer('db1')
  expect((await failOver({failpoint: 'kill after follow'}, '--to', 'db2')).exitCode).toBe('SIGKILL')
  await powerOff(lab, 'db2')
  await cut(lab, 'db2', ['db1', 'db3', 'edge1', 'edge2'])
  await powerOn(lab, 'db2')
  expect(await isStandby('db2')).toBe(true)
  await mend(lab, 'db2')

  const resumed = await pp(['op', 'resume', '--yes', '--json'])
  expect(reportOf(resumed)).toMatchObject({
    exitCode: 13,
    findings: [expect.stringContaining('accepts writes')] as unknown,
  })
  expect((await settledDatabase()).poolers.map(({paused}) => paused)).toEqual([false, false, false])
  const opened = reportOf(await pp(['db', 'open', '--confirm', 'main', '--json']))
  expect(opened).toMatchObject({timeline: {after: 3}})
  expect((await settledDatabase()).members.filter((member) => member.writable)).toHaveLength(1)
})
