// Scenario: a change of primary is asked for while something about the fleet makes it unsafe. Each is refused with
// exit 3 (2 where the command itself is incomplete), names what was measured and the way out, and leaves every host as
// it was: settings, slots, targets, locks, guards, masks, processes.
// Incident behind it: a tool that looked, locked, and then refused; its lock stopped the next operator for an hour.
import {expect, test} from '@jest/globals'
import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {fleetNow} from '../in-lab/fleet-state.ts'
import {onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {db1ToDb2, pp} from '../in-lab/pp.ts'
import {failureOf} from '../in-lab/report.ts'

useLab('once')

const asPgbouncer = [
  'setpriv',
  '--reuid=postgres',
  '--regid=postgres',
  '--clear-groups',
  'psql',
  '-AtX',
  '-w',
] as const
const onConsole = (command: string) =>
  onHost(
    'edge1',
    ...asPgbouncer,
    '-h',
    '/run/pgbouncer/main-1',
    '-p',
    '6432',
    '-U',
    'pgbouncer',
    '-d',
    'pgbouncer',
    '-c',
    command,
  )

const poolerFile = '/etc/pgbouncer/main-1.ini'

interface Refusal {
  readonly name: string
  readonly spoil: () => Promise<unknown>
  readonly mend: () => Promise<unknown>
  readonly argv?: readonly string[]
  readonly exitCode: number
  readonly code: string
  /** Check, host or other word that the message has to name. */
  readonly names: string
}

const nothing = () => Promise.resolve()
const refusals: readonly Refusal[] = [
  {
    name: 'an unlogged table, which promotion would empty',
    spoil: () => sqlOn('db1', 'create unlogged table basket (id int)', 'pixelpulse'),
    mend: () => sqlOn('db1', 'drop table basket', 'pixelpulse'),
    exitCode: 3,
    code: 'CHECKS_FAILED',
    names: 'public.basket',
  },
  {
    name: 'a candidate whose replay is paused',
    spoil: () => sqlOn('db2', 'select pg_wal_replay_pause()'),
    mend: () => sqlOn('db2', 'select pg_wal_replay_resume()'),
    exitCode: 3,
    code: 'CHECKS_FAILED',
    names: 'candidate.replay',
  },
  {
    name: 'a candidate that applies late on purpose',
    spoil: () => setAndReload('db2', "alter system set recovery_min_apply_delay = '1h'"),
    mend: () => setAndReload('db2', 'alter system reset recovery_min_apply_delay'),
    exitCode: 3,
    code: 'CHECKS_FAILED',
    names: 'candidate.apply-delay',
  },
  {
    name: 'a pooler that somebody else has paused',
    spoil: () => onConsole('pause pixelpulse'),
    mend: () => onConsole('resume pixelpulse'),
    exitCode: 3,
    code: 'CHECKS_FAILED',
    names: 'poolers.not-paused: edge1',
  },
  {
    name: 'an entry of a pooler that the fleet file does not name, whose clients would be cut',
    spoil: async () => {
      await onHost('edge1', 'sed', '-i', '/^%include/a reports = host=db1 dbname=pixelpulse', poolerFile)
      await onConsole('reload')
    },
    mend: async () => {
      await onHost('edge1', 'sed', '-i', '/^reports = /d', poolerFile)
      await onConsole('reload')
    },
    exitCode: 3,
    code: 'CHECKS_FAILED',
    names: 'poolers.undeclared: reports on edge1 main-1',
  },
  {
    name: 'more synchronous standbys wanted than there are',
    spoil: () => setAndReload('db1', "alter system set synchronous_standby_names = 'ANY 3 (db2, db3, db4)'"),
    mend: () => setAndReload('db1', "alter system set synchronous_standby_names = 'ANY 1 (db1, db2, db3)'"),
    exitCode: 3,
    code: 'CHECKS_FAILED',
    names: 'sync.satisfiable',
  },
  {
    name: 'a host that is no member',
    spoil: nothing,
    mend: nothing,
    argv: ['failover', 'db', '--from', 'db1', '--to', 'edge1', '--yes', '--json'],
    exitCode: 2,
    code: 'MEMBER_UNKNOWN',
    names: 'edge1',
  },
  {
    name: 'nobody who could answer the question, and no --yes',
    spoil: nothing,
    mend: nothing,
    argv: ['failover', 'db', '--from', 'db1', '--to', 'db2', '--json'],
    exitCode: 2,
    code: 'CONFIRMATION_NEEDED',
    names: 'db1',
  },
]

test.each(refusals)('refuses $name and leaves the fleet as it was: exit $exitCode', async (refusal) => {
  await refusal.spoil()
  try {
    const before = await fleetNow()
    const ended = await pp(refusal.argv ?? db1ToDb2)
    const {error, exitCode} = failureOf(ended)
    expect({status: ended.exitCode, exitCode, code: error.code}).toEqual({
      status: refusal.exitCode,
      exitCode: refusal.exitCode,
      code: refusal.code,
    })
    expect(error.message).toContain(refusal.names)
    expect(error.hint).not.toBe('')
    expect(await fleetNow()).toEqual(before)
  } finally {
    await refusal.mend()
  }
})

test('refuses a saved plan that the fleet has moved on from and leaves the fleet as it was: exit 3', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'pp-')), 'plan.json')
  expect((await pp(['failover', 'db', '--to', 'db2', '--plan', '--out', file, '--json'])).exitCode).toBe(0)
  await onHost('db3', 'systemctl', 'restart', 'postgresql@15-main.service')
  const before = await fleetNow()

  const ended = await pp(['failover', 'db', '--apply', file, '--yes', '--json'])

  expect({status: ended.exitCode, code: failureOf(ended).error.code}).toEqual({status: 3, code: 'PLAN_STALE'})
  expect(await fleetNow()).toEqual(before)
})

async function setAndReload(host: string, statement: string): Promise<void> {
  await sqlOn(host, statement)
  await sqlOn(host, 'select pg_reload_conf()')
  await sqlOn(host, 'select pg_sleep(0.3)')
}
