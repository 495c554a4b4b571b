// Scenario: a member is made anew from the primary. Clients write on meanwhile; its old data lies beside the new one. When
// its host loses its power in the middle of the copy, the server does not start when power is back, and says why;
// pp op resume copies afresh. A rewind that dies between its first and its last file ends the same way: copied, never started.
// Incident behind it: half a base backup that started, answered queries for a week, and was promoted on a Friday.
import {afterEach, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut, mend, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, sound} from '../in-lab/fleet-state.ts'
import {lab, onHost, sqlOn, untilStarted, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer, replaceProgram, restoreProgram} from '../in-lab/member.ts'
import {failOver, pp, startPp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

afterEach(async () => {
  await restoreProgram('db1', 'pg_rewind')
  await restoreProgram('db3', 'pg_basebackup')
})

const beside = (host: string) => onHost(host, 'ls', '/var/lib/postgresql/15')
const unit = 'postgresql@15-main.service'
test('a standby is made anew while clients write: exit 0, nothing lost', async () => {
  const load = await startClients()
  const ended = await pp(['db', 'clone', 'db3', '--yes', '--json'])
  const verdict = await load.stop()
  expectDone(ended)
  expect(await beside('db3')).toMatch(/main\.old-\d{8}T\d{6}Z/)
  expect(verdict).toMatchObject({failed: 0, lost: 0, duplicated: 0, writable: ['db1']})
  expect(await checked()).toMatchObject(sound)
})

test('the primary, and a standby that every commit waits for, are not made anew: exit 3', async () => {
  expect(failureOf(await pp(['db', 'clone', 'db1', '--yes', '--json']))).toMatchObject({
    exitCode: 3,
    error: {code: 'ALREADY_PRIMARY'},
  })
  await onHost('db2', 'systemctl', 'stop', unit)
  expect(failureOf(await pp(['db', 'clone', 'db3', '--yes', '--json']))).toMatchObject({
    exitCode: 3,
    error: {code: 'LAST_SYNCHRONOUS'},
  })
  expect((await sqlOn('db3', 'select pg_is_in_recovery()')).trim()).toBe('t')
  expect((await beside('db3')).trim()).toBe('main')
})

test('a copy that a power cut has interrupted is never started, and is made afresh: resume exit 0', async () => {
  await replaceProgram('db3', 'pg_basebackup', '"$real" "$@"; sleep 120')
  const operator = startPp(['db', 'clone', 'db3', '--yes', '--json'])
  for (const deadline = Date.now() + 30_000; ;) {
    if ((await beside('db3')).includes('main.pp-clone')) break
    if (Date.now() > deadline) throw new Error('the copy has not begun')
    await sleep(100)
  }
  await sleep(500)
  await powerOff(lab, 'db3')
  expect((await operator.ended).exitCode).toBe(13)
  await powerOn(lab, 'db3')
  const said = () =>
    onHost('db3', 'journalctl', '-b', '-o', 'cat', '-u', unit, '-g', 'gate of').catch(() => '')
  for (let look = 0; look < 100 && (await said()) === ''; look++) await sleep(200)
  expect(await said()).toMatch(/gate of main: .*clone of operation .* was interrupted/)
  expect(await sqlOn('db3', 'select 1').catch(() => 'down')).toBe('down')
  await restoreProgram('db3', 'pg_basebackup')
  expectDone(await pp(['op', 'resume', '--yes', '--json']))
  expect(await beside('db3')).not.toContain('pp-clone')
  expect(await checked()).toMatchObject(sound)
})

test('a rewind that dies in the middle ends in a copy, with what only that member had kept: exit 0', async () => {
  await onHost('db1', 'systemctl', 'stop', 'pp-heartbeat.service').catch(() => '')
  await sqlOn('db1', `insert into pp.probe (writer, n) values ('both', 1)`)
  await cut(lab, 'db1', ['db2', 'db3'])
  await sqlOn(
    'db1',
    `set synchronous_commit = local; insert into pp.probe (writer, n) values ('only here', 1)`,
  )
  await killServer('db1')
  await powerOff(lab, 'db1')
  const {to} = reportOf(await failOver())
  await mend(lab, 'db1')
  await powerOn(lab, 'db1')
  await untilStarted('db1')
  const dying =
    'case "$*" in *--dry-run*) exec "$real" "$@";; esac; "$real" "$@" & sleep 0.05; kill -9 $!; exit 137'
  await replaceProgram('db1', 'pg_rewind', dying)

  const ended = await pp(['db', 'rejoin', 'db1', '--yes', '--json'])
  expectDone(ended)
  const {phases, ...report} = JSON.parse(ended.stdout) as {
    phases: {id: string}[]
    rejoin: {how: string; kept: {folder: string; commits: number}; oldDirectory: string}
  }
  expect(phases.map(({id}) => id)).toContain('clone')
  expect(report.rejoin).toMatchObject({how: 'clone', oldDirectory: expect.stringMatching(/main\.old-/)})
  expect(report.rejoin.kept.commits).toBeGreaterThanOrEqual(1)
  const summary = await onHost('db1', 'cat', `${report.rejoin.kept.folder}/summary.json`)
  expect(summary).toContain('postgres.pp.probe')
  expect(await sqlOn('db1', `select count(*) from pp.probe where writer = 'only here'`)).toMatch(/^0\s*$/)
  expect(await sqlOn(to, `select count(*) from pp.probe where writer = 'both'`)).toMatch(/^1\s*$/)
  expect(await checked()).toMatchObject(sound)
})
