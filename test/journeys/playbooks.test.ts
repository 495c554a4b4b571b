// Scenario: the playbook that set the fleet up is played again: on a fleet as it was made, after a change of primary,
// while an operation is at work, and when a member has lost its disk. Proves that it changes nothing it does not own:
// who is primary, whom a standby follows, where a pooler points, and no data directory.
// Incident behind it: a nightly configuration run that put a demoted primary's settings back, so that two members
// followed nobody and one pooler wrote to the old one.
import {afterEach, describe, expect, test} from '@jest/globals'
import {join} from 'node:path'

import {playbooksFolder, runPlaybook, type PlaybookRun} from '../../src/lib/drivers/ansible/run-playbook.ts'
import {labPaths} from '../../src/lib/lab/paths.ts'
import {databaseNow, fleetNow} from '../in-lab/fleet-state.ts'
import {lab, onHost, useLab} from '../in-lab/lab.ts'
import {change} from '../in-lab/pp.ts'

useLab()
// A run takes 7 s on a quiet machine and ten times as long beside other labs.
const minutes = 60_000

const site = (options: Partial<PlaybookRun> = {}) =>
  runPlaybook({
    inventory: join(playbooksFolder, 'inventories/lab'),
    playbook: join(playbooksFolder, 'site.yml'),
    extraVarsFile: labPaths(lab).variables,
    sshArgs: ['-F', labPaths(lab).sshConfig],
    ...options,
  })

describe('played again', () => {
  test(
    'changes nothing',
    async () => {
      const before = await fleetNow()
      expect(await site()).toMatchObject({changes: [], notices: []})
      expect(await fleetNow()).toEqual(before)
    },
    8 * minutes,
  )

  test(
    'after a change of primary changes nothing either, and a dry run finds nothing to change',
    async () => {
      expect((await change()).exitCode).toBe(0)
      const before = await fleetNow()
      expect((await databaseNow()).poolers[0]?.target).toBe('db2')
      expect(await site()).toMatchObject({changes: [], notices: []})
      expect(await site({check: true})).toMatchObject({changes: []})
      expect(await fleetNow()).toEqual(before)
    },
    8 * minutes,
  )

  test(
    'puts back a file that was changed by hand, which a dry run only names, and starts no PostgreSQL that is down',
    async () => {
      await onHost('db2', 'sh', '-c', 'echo "# by hand" >> /etc/postgresql/15/main/pg_hba.conf')
      // Why a PostgreSQL is down is for pp to know.
      await onHost('db3', 'systemctl', 'stop', 'postgresql@15-main')
      const named = ['/etc/postgresql/15/main/pg_hba.conf']
      expect((await site({check: true})).changes).toContainEqual(
        expect.objectContaining({host: 'db2', details: named}),
      )
      const {changes} = await site()
      expect(changes).toContainEqual(expect.objectContaining({host: 'db2', details: named}))
      expect(changes.filter(({host}) => host !== 'db2')).toEqual([])
      expect(await onHost('db3', 'systemctl', 'show', '--property=ActiveState', 'postgresql@15-main')).toBe(
        'ActiveState=inactive',
      )
    },
    8 * minutes,
  )
})

describe('a member without data while others have some', () => {
  const data = '/var/lib/postgresql/15/main'
  afterEach(async () => {
    await onHost('db3', 'sh', '-c', `[ ! -d ${data}.away ] || mv ${data}.away ${data}`)
    await onHost('db3', 'systemctl', 'start', 'postgresql@15-main')
  })

  test('is named and left alone', async () => {
    await onHost('db3', 'systemctl', 'stop', 'postgresql@15-main')
    await onHost('db3', 'mv', data, `${data}.away`)
    const {changes, notices} = await site()
    expect(changes).toEqual([])
    expect(notices).toEqual([
      {host: 'db3', message: expect.stringContaining('these members hold data: db1, db2')},
    ])
    expect(await onHost('db3', 'ls', '/var/lib/postgresql/15')).toBe('main.away')
  })
})

describe('while an operation holds a host', () => {
  const request = `import json, subprocess, sys, time
now = time.clock_gettime(time.CLOCK_BOOTTIME)
args = {'target': 'main', 'token': 99, 'operation': 'op-held', 'notAfter': now + 30, 'owner': 'ada', 'operatorHost': 'laptop',
        'operatorBootId': 'boot', 'pid': 1, 'leaseSeconds': 60, 'step': 'observe'}
line = json.dumps({'id': 1, 'verb': 'lock', 'args': args}) + '\\n'
done = subprocess.run(['/usr/local/sbin/pp-host'], input=line, capture_output=True, text=True)
sys.exit(0 if '"ok":true' in done.stdout.replace(' ', '') else done.stdout)`

  test('refuses, says whose it is, and has changed nothing', async () => {
    await onHost('edge1', 'python3', '-c', request)
    const before = await fleetNow()
    await expect(site()).rejects.toMatchObject({
      code: 'ANSIBLE_FAILED',
      outcome: 'refused',
      message: expect.stringContaining('operation op-held of ada on laptop is at work'),
    })
    expect(await fleetNow()).toEqual(before)
  })
})
