// Faults of a real PostgreSQL of this machine: stopped, killed, frozen, unable to archive, and without a block of disk. It
// lies on a small disk of its own. systemctl is a stand-in (fixtures/bin).
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {execFileSync} from 'node:child_process'
import {chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {act, HostFolder, type HelperProcess} from './helper-process.ts'
import {freePort} from '../free-port.ts'
import {Cluster, hasPostgres} from './postgres-cluster.ts'

const canMount = process.getuid?.() === 0 && existsSync('/usr/bin/mount')
if (!canMount) console.warn('SKIPPED: a disk of its own for PostgreSQL needs root')
const suite = hasPostgres && canMount ? describe : describe.skip

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

let host: HostFolder
let helper: HelperProcess
let server: Cluster
let disk: string
let archiver: string
let token = 0
let number = 0

const settings = () =>
  `archive_mode = on\narchive_command = '${archiver} %p %f ${join(host.path, 'archive')}'\n`

suite('a fault of a server', () => {
  beforeAll(async () => {
    host = new HostFolder()
    disk = join(host.path, 'data-main')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m,mode=0755', 'disk', disk])
    archiver = join(host.path, 'archive-wal')
    writeFileSync(archiver, '#!/bin/sh\n[ -e "$1" ] || exit 1\ncp "$1" "$3/$2"\n', {mode: 0o755})
    server = new Cluster(host, 'main', await freePort(), join(disk, 'main'))
    server.initialize()
    mkdirSync(join(host.path, 'archive'), {mode: 0o777})
    execFileSync('chmod', ['777', join(host.path, 'archive')])
    server.configure(`wal_level = replica\nmax_wal_size = 64MB\n${settings()}`)
    host.configure({
      schemaVersion: 1,
      host: 'db1',
      databases: {main: {...server.config(), archiveCommand: archiver}},
      poolers: {},
    })
    helper = await host.helper()
    server.start()
    server.sql('create table sent (n int)')
  })

  beforeEach(async () => {
    token++
    number++
    await helper.done('raise', {target: 'main', token, operation: 'op-1'})
  })

  afterEach(async () => {
    await lift()
    await helper.done('unmask', act({token}))
    // What a fence leaves: the tag, and a server that comes up as a standby.
    execFileSync('rm', ['-f', host.state('fence/main.json')])
    if (server.has('standby.signal')) {
      server.kill()
      execFileSync('rm', [join(server.data, 'standby.signal')])
    }
    if (!isRunning()) server.start()
    await server.answers()
  })

  afterAll(async () => {
    server.kill()
    await helper.end()
    execFileSync('umount', [disk])
    await host.remove()
  })

  const id = () => `f-${number}`
  const break_ = (kind: string, changes: object = {}) =>
    helper.done('fault', act({token, fault: id(), kind, expiresSeconds: 600, ...changes}))
  const lift = () => helper.done('lift', {target: 'main', operation: 'op-1', fault: id()})
  const inForce = async () =>
    ((await helper.done('faults', {})).faults as {holds: boolean; measured: string}[])[0]
  const isRunning = () =>
    server.has('postmaster.pid') && existsSync(`/proc/${pid()}`) && !'ZX'.includes(stateOf(pid())!)
  const pid = () => readFileSync(join(server.data, 'postmaster.pid'), 'utf8').split('\n')[0]!
  const stateOf = (process_: string) => readFileSync(`/proc/${process_}/stat`, 'utf8').split(') ').at(-1)![0]
  const untilLifted = async () => {
    for (let look = 0; look < 300 && (await inForce()) !== undefined; look++) await sleep(100)
    expect(await inForce()).toBeUndefined()
  }

  test('stop: its unit stops it, nothing runs, and lifting starts the unit', async () => {
    expect(await break_('stop')).toMatchObject({measured: `${server.unit} is inactive; none runs`})
    expect(server.control('Database cluster state')).toBe('shut down')
    expect(isRunning()).toBe(false)
    expect(await inForce()).toMatchObject({holds: true})
    expect(await lift()).toMatchObject({gone: true, measured: `${server.unit} is active`})
    await server.answers()
    // What an operation does before a stop has not been done: nobody promoted another one.
    expect(server.has('standby.signal')).toBe(false)
  })

  test('kill: no process is left and nothing was written before; lifting starts it, and it recovers', async () => {
    server.sql('insert into sent values (1)')
    expect(await break_('kill')).toMatchObject({
      measured: expect.stringMatching(/^\d+ killed; .* is inactive; none runs$/),
    })
    expect(server.control('Database cluster state')).toBe('in production')
    expect(await inForce()).toMatchObject({holds: true})
    await lift()
    await server.answers()
    expect(server.sql('select count(*) from sent')).toBe('1')
  })

  test('freeze: every process stands still and keeps its connections, and goes on where it stood', async () => {
    const {measured} = await break_('freeze')
    expect(measured).toMatch(/^(\d+) of \1 processes stand still$/)
    expect(stateOf(pid())!).toBe('T')
    expect(() =>
      execFileSync('timeout', ['1', 'psql', '-h', '127.0.0.1', '-p', String(server.port)]),
    ).toThrow()
    expect(await inForce()).toMatchObject({holds: true})
    expect(await lift()).toMatchObject({
      gone: true,
      measured: expect.stringMatching(/^0 of \d+ processes stand still$/),
    })
    expect(server.sql('select count(*) >= 1 from sent')).toBe('t')
  })

  test('freeze is no shield against a fence, and lifting it afterwards starts nothing', async () => {
    await break_('freeze')
    await helper.done('fence', act({token}))
    expect(isRunning()).toBe(false)
    expect(await inForce()).toMatchObject({holds: false, measured: '0 of 0 processes stand still'})
    expect(await lift()).toMatchObject({gone: true})
    expect(isRunning()).toBe(false)
  })

  test('freeze ends by itself', async () => {
    await break_('freeze', {expiresSeconds: 1})
    await untilLifted()
    expect(server.sql('select 1')).toBe('1')
  })

  test.each(['stop', 'kill'])(
    '%s: a server that an operation holds down since is left down',
    async (kind) => {
      await break_(kind)
      await helper.done('mask', act({token}))
      expect(await lift()).toMatchObject({gone: true, measured: `${server.unit} is masked, and left so`})
      expect(isRunning()).toBe(false)
    },
  )

  test('a server that was fenced since is left down, by its timer too', async () => {
    await break_('kill', {expiresSeconds: 2})
    await helper.done('fence', act({token}))
    await helper.done('unmask', act({token}))
    await untilLifted()
    const {lifted} = (await helper.done('faults', {})) as {lifted: {by: string; measured: string}[]}
    expect(lifted[0]).toMatchObject({
      by: 'its timer',
      measured: `operation op-1 has fenced this host, and ${server.unit} is left as it is`,
    })
    expect(isRunning()).toBe(false)
  })

  test('lifting leaves no permit behind by which the boot gate would let it in unasked', async () => {
    await break_('stop')
    const permit = join(host.root, 'run/pp/may-start-main')
    writeFileSync(permit, 'an operation whose start came to nothing')
    await lift()
    expect(existsSync(permit)).toBe(false)
  })

  test('a server that does not start is not gone, and can be lifted again', async () => {
    await break_('stop', {expiresSeconds: 600})
    server.register({command: ['/bin/false'], ended: 'failed'})
    expect(await lift()).toMatchObject({gone: false, measured: `${server.unit} is failed`})
    expect(await inForce()).toMatchObject({holds: true})
    server.register()
    expect(await lift()).toMatchObject({gone: true})
  })

  test('a stopped server is refused another fault: there is nothing to do it to', async () => {
    await break_('stop')
    for (const kind of ['kill', 'freeze'])
      expect(
        await helper.refusal('fault', act({token, fault: `more-${number}`, kind, expiresSeconds: 60})),
      ).toBe('FAULT_NOT_RUNNING')
  })

  test('hang-archiver: WAL waits, and is archived as soon as it is lifted', async () => {
    expect(await break_('hang-archiver')).toMatchObject({measured: expect.stringMatching(/does not end/)})
    server.sql('insert into sent values (2)')
    const [, segment] = [
      server.sql('select pg_switch_wal()'),
      server.sql('select pg_walfile_name(pg_current_wal_lsn() - 1)'),
    ]
    await sleep(1500)
    expect(readdirSync(join(host.path, 'archive'))).not.toContain(segment)
    expect((await inForce())?.measured).toMatch(/[1-9]\d* files wait$/)
    await lift()
    for (let look = 0; look < 200 && !readdirSync(join(host.path, 'archive')).includes(segment); look++)
      await sleep(50)
    expect(readdirSync(join(host.path, 'archive'))).toContain(segment)
  })

  test('disk-full: PostgreSQL finds no room, and finds it again', async () => {
    expect(await break_('disk-full')).toMatchObject({measured: 'No space left on device'})
    expect(() => server.sql('create table more as select generate_series(1, 100000) n')).toThrow(
      /No space left/,
    )
    expect(await inForce()).toMatchObject({holds: true, measured: 'No space left on device'})
    expect(await lift()).toMatchObject({
      gone: true,
      measured: expect.stringMatching(/8 kB was written, \d+ bytes are free/),
    })
    if (!isRunning()) server.start()
    server.sql('create table more as select generate_series(1, 1000) n; drop table more')
    expect(readdirSync(disk)).toEqual(['main'])
  })

  test('disk-full that was interrupted is lifted at its time, and after a boot before the server starts', async () => {
    for (const boots of [false, true]) {
      number++
      await helper.done(
        'fault',
        act({token, fault: id(), kind: 'disk-full', expiresSeconds: boots ? 600 : 1}),
      )
      helper.process.kill('SIGKILL')
      if (boots) {
        server.kill()
        host.reboot()
        expect(host.run('lift-left-over')).toMatchObject({status: 0})
        server.start()
      }
      helper = await host.helper()
      await untilLifted()
      expect(readdirSync(disk)).toEqual(['main'])
    }
    server.sql('insert into sent values (3)')
  })

  test('disk-full never writes to a file that the server’s user has put in its way', async () => {
    const victim = join(host.path, 'victim')
    writeFileSync(victim, 'precious')
    execFileSync('ln', ['-s', victim, join(disk, `.pp-fault-${id()}`)])
    await break_('disk-full')
    expect(readFileSync(victim, 'utf8')).toBe('precious')
    await lift()
    expect(readFileSync(victim, 'utf8')).toBe('precious')
    chownSync(victim, 0, 0)
  })
})
