// Scenario: backups are made on an edge host, before and after a change of primary; one is restored to a moment between two
// rows, beside the live database. A repository that is away keeps no change of primary waiting, and misses nothing when it is
// back. A primary dies with WAL that it had not archived, and the backup of before is rolled forward over that all the same.
// Incidents behind it: a year of backups that nobody had ever restored; an archive that had a hole at every failover.
import {afterEach, expect, test} from '@jest/globals'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {playbooksFolder, runPlaybook} from '../../src/lib/drivers/ansible/run-playbook.ts'
import {hangArchiver, mend, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {client} from '../../src/lib/lab/health.ts'
import {labPaths} from '../../src/lib/lab/paths.ts'
import {expectDone} from '../in-lab/ended.ts'
import {fleetNow} from '../in-lab/fleet-state.ts'
import {lab, onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {change, failOver, pp, startPp, type Ended} from '../in-lab/pp.ts'
import {failureOf} from '../in-lab/report.ts'

useLab()
afterEach(async () => {
  await onHost('edge1', 'systemctl', 'start', 'pgbackrest.service')
  await powerOn(lab, 'db1')
  await mend(lab, 'db1')
})

const minutes = 60_000

interface Backups {
  readonly backups: readonly {readonly label: string; readonly type: string; readonly hasErrors: boolean}[]
  readonly queues: readonly {readonly waiting: number}[]
  readonly warnings: readonly string[]
}
const documentOf = ({stdout, stderr}: Ended): unknown => JSON.parse(stdout || JSON.stringify({stderr}))

const backUp = (type: string) => pp(['db', 'backup', '--type', type, '--json'])
const backups = async () => documentOf(await pp(['db', 'backups', '--json'])) as Backups
const restore = (...flags: string[]) => pp(['db', 'restore', '--into', 'edge1', '--json', ...flags])

/** A row of its own name, and the moment after it. */
async function tell(host: string, writer: string): Promise<string> {
  await sqlOn(host, `insert into pp.probe (writer, n) values ('${writer}', 1)`)
  await sleep(50)
  const now = `to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
  const moment = (await sqlOn(host, `select ${now}`)).trim()
  await sleep(50)
  return moment
}

/** A later transaction, so that the moment can be passed, in a segment that is archived. */
async function archiveAll(host: string): Promise<void> {
  await sqlOn(host, `insert into pp.probe (writer, n) values ('after', 1)`)
  await sqlOn(host, 'select pg_switch_wal()')
}

async function untilSent(): Promise<void> {
  for (let look = 0; look < 100; look++) {
    if ((await backups()).queues.every(({waiting}) => waiting === 0)) return
    await sleep(300)
  }
  throw new Error(`WAL still waits: ${JSON.stringify((await backups()).queues)}`)
}

/** What the restored server answers, to the owner of its socket's folder. */
const restored = async (statement: string): Promise<string> => {
  const argv = [
    'setpriv',
    '--reuid=pgbackrest',
    '--regid=pgbackrest',
    '--clear-groups',
    client,
    '-XAtw',
  ] as const
  return (await onHost('edge1', ...argv, '-h', '/srv/backup-restore/socket', '-p', '5432', '-U', 'postgres', '-d', 'postgres', '-c', statement)).trim() // prettier-ignore
}
const writers = `select string_agg(writer, ' ' order by id) from pp.probe where writer in ('one', 'two', 'three', 'four')`

test(
  'backups go on after a change of primary; one is restored to a moment between two rows, and nothing live is touched',
  async () => {
    expectDone(await backUp('full'))
    expect((await change()).exitCode).toBe(0)
    expectDone(await backUp('incr'))
    const list = await backups()
    expect(list.warnings).toEqual([])
    expect(list.backups.slice(-2)).toMatchObject([
      {type: 'full', hasErrors: false},
      {type: 'incr', hasErrors: false},
    ])
    const between = await tell('db2', 'one')
    await tell('db2', 'two')
    await archiveAll('db2')
    await untilSent()

    const before = await fleetNow()
    const ended = await restore('--to-time', between, '--keep')
    expectDone(ended)
    const {checks} = documentOf(ended) as {checks: {id: string; status: string}[]}
    expect(checks.filter(({status}) => status !== 'ok')).toEqual([])
    expect(checks.map(({id}) => id)).toEqual(expect.arrayContaining(['heartbeat', 'amcheck', 'checksums']))
    expect(await restored(writers)).toBe('one')
    expect(await restored('show archive_mode')).toBe('off')
    expect(failureOf(await restore())).toMatchObject({exitCode: 3, error: {code: 'RESTORE_KEPT'}})
    expectDone(await restore('--clean'))
    expect(await onHost('edge1', 'ls', '/srv/backup-restore')).toBe('')
    expect(await fleetNow()).toEqual(before)
    expect((await sqlOn('db2', writers)).trim()).toBe('one two')

    const site = {
      inventory: join(playbooksFolder, 'inventories/lab'),
      playbook: join(playbooksFolder, 'site.yml'),
    }
    const played = await runPlaybook({
      ...site,
      extraVarsFile: labPaths(lab).variables,
      sshArgs: ['-F', labPaths(lab).sshConfig],
    })
    expect(played).toMatchObject({changes: [], notices: []})
  },
  8 * minutes,
)

test('a repository that is away keeps no change of primary waiting; what it missed is sent when it is back', async () => {
  expectDone(await backUp('full'))
  await onHost('edge1', 'systemctl', 'stop', 'pgbackrest.service')
  expect((await change()).exitCode).toBe(0)
  const moment = await tell('db2', 'one')
  await archiveAll('db2')
  expect((await backups()).queues.some(({waiting}) => waiting > 0)).toBe(true)
  await onHost('edge1', 'systemctl', 'start', 'pgbackrest.service')
  await untilSent()
  expectDone(await restore('--to-time', moment, '--quick'))
}, 4 * minutes) // prettier-ignore

test('a backup is rolled forward over a failover, also over WAL that the lost primary had not archived', async () => {
  expectDone(await backUp('full'))
  await hangArchiver(lab, 'db1')
  // Whole segments that only db1 would have archived.
  for (const writer of ['one', 'two']) {
    await tell('db1', writer)
    await sqlOn('db1', 'select pg_switch_wal()')
  }
  await tell('db1', 'three')
  await powerOff(lab, 'db1')
  expectDone(await failOver({}, '--to', 'db2'))
  const moment = await tell('db2', 'four')
  await archiveAll('db2')
  await untilSent()
  expectDone(await restore('--to-time', moment, '--quick', '--keep'))
  expect(await restored(writers)).toBe('one two three four')
}, 4 * minutes) // prettier-ignore

test('a backup that a timer begins is seen as one of pp’s; one that fails is said by systemd, pp db backups and pp status', async () => {
  for (const type of ['full', 'incr']) {
    const show = ['systemctl', 'show', '--property=ActiveState,Unit,Persistent', `pp-backup@${type}.timer`] as const
    expect((await onHost('edge1', ...show)).trim().split('\n').toSorted()).toEqual(['ActiveState=active', 'Persistent=yes', `Unit=pp-backup@${type}.service`]) // prettier-ignore
  }
  const begin = (type: string) => onHost('edge1', 'systemctl', 'start', `pp-backup@${type}.service`)
  // Both at once: the second waits for the first.
  await Promise.all([begin('full'), begin('incr')])
  const made = await backups()
  expect(made.backups.slice(-2).map(({type}) => type).toSorted()).toEqual(['full', 'incr'])
  expect(made.warnings).toEqual([])

  await onHost('edge1', 'mv', '/etc/pgbackrest/tls/host.key', '/etc/pgbackrest/tls/host.key.away')
  try {
    await expect(begin('incr')).rejects.toThrow()
    expect(await onHost('edge1', 'systemctl', 'list-units', '--failed', '--plain', '--no-legend')).toContain('pp-backup@incr.service')
    const warning = expect.stringMatching(/^(main: )?the incr backup of \S+ failed \(.*\): pp db backup$/) as unknown
    expect((await backups()).warnings).toEqual([warning])
    const status = documentOf(await pp(['status', '--json'])) as {warnings: readonly string[]}
    expect(status.warnings).toContainEqual(warning)
  } finally {
    await onHost('edge1', 'mv', '/etc/pgbackrest/tls/host.key.away', '/etc/pgbackrest/tls/host.key')
  }
  await begin('incr')
  expect((await backups()).warnings).toEqual([])
}, 5 * minutes) // prettier-ignore

test('a backup goes on when pp is killed, and the next pp follows it to its end', async () => {
  const killed = startPp(['db', 'backup', '--type', 'full', '--json'])
  const isMade = () => onHost('edge1', 'sh', '-c', 'ls /run/pp/backup-main.json 2>/dev/null || true')
  while ((await isMade()) === '') await sleep(20)
  killed.kill('SIGKILL')
  await killed.ended
  const ended = await backUp('incr')
  expectDone(ended)
  expect(documentOf(ended)).toMatchObject({isFollowed: true, backup: {type: 'full'}})
}, 2 * minutes) // prettier-ignore
