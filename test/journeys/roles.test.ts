// Scenario: the accounts that the playbook made are used for what pp does with them, and tried for what they must not do.
// Incident behind it: an account for automation that had been made superuser because one statement was refused.
import {describe, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {onHost, sqlOn, useLab} from '../in-lab/lab.ts'

useLab('once')

test('the primary gives a sign of life that its standbys see, with what its commits wait for', async () => {
  const beat = () =>
    sqlOn('db2', `select written_at, synchronous_standby_names from pp.heartbeat where host = 'db1'`)
  const first = await beat()
  expect(first).toContain('ANY 1 (db1, db2, db3)')
  for (const deadline = Date.now() + 10_000; (await beat()) === first;) {
    if (Date.now() > deadline) throw new Error(`no new heartbeat after ${first}`)
    await sleep(200)
  }
})

describe('the role pp_admin', () => {
  const asAdmin = (host: string, ...statements: string[]) =>
    onHost(host, ...([
      'setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', 'psql', '-XAtwq', '-v', 'ON_ERROR_STOP=1',
      ...['set session authorization pp_admin', ...statements].flatMap((statement) => ['-c', statement]),
    ] as [string, ...string[]])) // prettier-ignore

  test('may do what a change of primary needs', async () => {
    await asAdmin(
      'db2',
      "alter system set primary_slot_name = 'db2'",
      "alter system set synchronous_standby_names = 'ANY 1 (db1, db2, db3)'",
      'select pg_reload_conf()',
      'checkpoint',
      "select pg_create_physical_replication_slot('try_it')",
      "select pg_drop_replication_slot('try_it')",
      'select conninfo, received_tli from pg_stat_wal_receiver',
      'select timeline_id from pg_control_checkpoint()',
      'select max(name) from pg_ls_waldir()',
      'select count(*) from pg_ls_archive_statusdir()',
    )
    await asAdmin(
      'db1',
      'select pg_switch_wal()',
      'checkpoint',
      "insert into pp.probe (writer, n) values ('grants', 1)",
    )
    expect(await asAdmin('db2', 'show primary_conninfo')).toContain('host=db1')
  })

  test.each([
    ['promote', 'db2', 'select pg_promote(false)', 'pg_promote'],
    ['change how WAL is archived', 'db1', "alter system set archive_command = 'true'", 'archive_command'],
    ['run programs as the server', 'db1', "alter system set restore_command = 'true'", 'restore_command'],
    ['make itself superuser', 'db1', 'alter role pp_admin superuser', 'superuser'],
    ['read files of the host', 'db1', "select pg_read_file('/etc/passwd')", 'pg_read_file'],
    ['read verifiers of passwords', 'db1', 'select rolpassword from pg_authid', 'pg_authid'],
    ['create tables', 'db1', 'create table public.mine ()', 'public'],
  ])('may not %s', async (_what, host, statement, named) => {
    await expect(asAdmin(host, statement)).rejects.toThrow(new RegExp(`(denied|must be superuser).*${named}`))
  })
})
