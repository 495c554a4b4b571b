// Scenario: the primary dies, and two people promote two standbys by hand in the same minute. Both accept writes on one
// timeline, so only people know whose writes count: pp ends with 13, changes nothing, and prints the line that stops one of
// them. Typed on its host, it ends that; pp then leads the clients over, and brings the other one back as a copy, for a
// rewind would see no fork between the two.
// Incident behind it: two on-call engineers, one phone bridge, and pg_promote twice.
import {expect, test} from '@jest/globals'

import {expectDone} from '../in-lab/ended.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {killServer} from '../in-lab/member.ts'
import {pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('two primaries on one timeline: exit 13 with the line that stops one, which comes back as a copy', async () => {
  // With the archive in sight it would see that a timeline is taken.
  await sqlOn('db3', `alter system set restore_command = 'false'`)
  await sqlOn('db3', 'select pg_reload_conf()')
  await killServer('db1')
  for (const host of ['db2', 'db3']) await sqlOn(host, 'select pg_promote()')
  await sqlOn('db3', `set synchronous_commit = local; create table only_here (n int)`)

  const refused = await pp(['failover', 'db', '--from', 'db1', '--yes', '--json'])
  const {error} = failureOf(refused)
  expect({exitCode: refused.exitCode, code: error.code}).toEqual({exitCode: 13, code: 'TWO_WRITABLE'})
  const [, typed = ''] = /on db3: sudo (.*)/.exec(error.hint) ?? []
  expect(typed).toMatch(/^systemctl mask --runtime --now postgresql@/)
  await onHost('db3', 'sh', '-c', typed)

  const {members} = await settledDatabase()
  expect(members.filter(({writable}) => writable === true).map(({host}) => host)).toEqual(['db2'])
  const back = await pp(['db', 'rejoin', 'db3', '--yes', '--json'])
  // Degraded while db1 is away.
  expect({exitCode: back.exitCode, said: back.exitCode === 11 ? '' : back.stdout}).toEqual({
    exitCode: 11,
    said: '',
  })
  expect(reportOf(back).phases.map(({id}) => id)).toContain('clone')
  expect(await sqlOn('db3', `select to_regclass('only_here') is null`)).toBe('t')
  const last = await pp(['db', 'rejoin', 'db1', '--yes', '--json'])
  expectDone(last)
  expect(await checked()).toMatchObject(sound)
})
