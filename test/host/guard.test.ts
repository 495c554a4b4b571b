// The dead-man guard against a real PostgreSQL pair and real PgBouncers of this machine. The timer is a stand-in for
// systemd-run, systemctl another (fixtures/bin).
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {execFileSync, spawn} from 'node:child_process'
import {chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {act, type Answer, HostFolder, type HelperProcess} from './helper-process.ts'
import {freePort} from '../free-port.ts'
import {binDirectory, Cluster, hasPostgres, osUser, run} from './postgres-cluster.ts'

const hasPgbouncer = existsSync('/usr/sbin/pgbouncer')
if (!hasPgbouncer)
  console.warn('SKIPPED: the guard is tried on a real /usr/sbin/pgbouncer, which is not installed')
const suite = hasPostgres && hasPgbouncer ? describe : describe.skip

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

let host: HostFolder
let helper: HelperProcess
let db1: Cluster
let db2: Cluster
let identity: {timeline: number; systemIdentifier: string}
let pids: Record<string, number>
let port: number
let token: number
let target: string

const processes = ['main-1', 'main-2']
const entries = [
  {name: 'pixelpulse', dbname: 'postgres'},
  {name: 'second-entry.x', dbname: 'postgres'},
]

/** One process's console, asked as PgBouncer's own OS user. */
function console_(process_: string, command: string): string {
  return run(`${binDirectory}/psql`, [
    '-XAtqw',
    '-h',
    join(host.path, process_),
    '-p',
    String(port),
    '-U',
    'pgbouncer',
    '-d',
    'pgbouncer',
    '-c',
    command,
  ]).trim()
}

const shown = (process_: string) =>
  console_(process_, 'SHOW DATABASES')
    .split('\n')
    .map((line) => line.split('|'))
    .filter(([name]) => name !== 'pgbouncer')
    .map((fields) => ({name: fields[0], port: fields[2], paused: fields[11]}))
const allShown = () => processes.flatMap(shown)
const pauseAll = () => {
  for (const process_ of processes) for (const {name} of entries) console_(process_, `PAUSE "${name}"`)
}
const at = (cluster: Cluster) =>
  processes.flatMap(() => entries.map(({name}) => ({name, port: String(cluster.port), paused: '0'})))

interface Guard {
  readonly armed: boolean
  readonly state: string
  readonly token: number
  readonly operation: string
  readonly firesInSeconds: number
  readonly hardLimitInSeconds: number
  readonly lastVerdict: {
    act: string
    host: string | null
    reason: string
    token: number
    complete: boolean
  } | null
}

async function guard(): Promise<Guard> {
  return ((await helper.done('status')).pooler as {guard: Guard}).guard
}

async function until<T>(look: () => Promise<T> | T, holds: (value: T) => boolean, seconds = 15): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const value = await look()
    if (holds(value)) return value
    if (Date.now() > deadline)
      throw new Error(
        `still ${JSON.stringify(value)}\n${existsSync(join(host.path, 'guard.log')) ? host.read(join(host.path, 'guard.log')) : ''}`,
      )
    await sleep(100)
  }
}

const verdict = (seconds?: number) => until(guard, ({state}) => state === 'done', seconds)
const mine = (changes: object = {}) => act({token, ...changes})
const arm = (afterSeconds: number, hardLimitSeconds: number, changes: object = {}): Promise<Answer> =>
  helper.call('arm', mine({afterSeconds, hardLimitSeconds, from: 'db1', to: 'db2', ...identity, ...changes}))

/** A client that asks through the poolers; its answer or its error. */
function client(): Promise<string> {
  const child = spawn(
    `${binDirectory}/psql`,
    ['-XAtqw', '-h', '127.0.0.1', '-p', String(port), '-U', 'app', 'pixelpulse', '-c', 'show port'],
    {stdio: ['ignore', 'pipe', 'pipe']},
  )
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return new Promise((resolve) => child.once('close', () => resolve(said.trim())))
}

async function startPooler(name: string): Promise<void> {
  const ini = join(host.path, `${name}.ini`)
  const socket = join(host.path, name)
  mkdirSync(socket, {recursive: true})
  chmodSync(socket, 0o777)
  writeFileSync(
    ini,
    [
      `%include ${target}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'so_reuseport = 1',
      `unix_socket_dir = ${socket}`,
      'auth_type = trust',
      `auth_file = ${join(host.path, 'users.txt')}`,
      'pool_mode = transaction',
      'ignore_startup_parameters = extra_float_digits',
      `pidfile = ${socket}/pid`,
      `logfile = ${socket}/log`,
      '',
    ].join('\n'),
    {mode: 0o644},
  )
  run('/usr/sbin/pgbouncer', ['-d', ini], {stdio: 'ignore'})
  pids[name] = Number(
    await until(
      () => (existsSync(`${socket}/pid`) ? host.read(`${socket}/pid`) : ''),
      (text) => text.trim() !== '',
    ),
  )
  host.unit(`pgbouncer@${name}.service`, {pid: pids[name]})
}

suite('the dead-man guard', () => {
  beforeAll(async () => {
    host = new HostFolder()
    pids = {}
    port = await freePort()
    db1 = new Cluster(host, 'db1', await freePort())
    db2 = new Cluster(host, 'db2', await freePort())
    db1.initialize('wal_keep_size = 64MB')
    db1.start()
    db1.sql('create role app login; create role pp_guard login in role pg_monitor')
    identity = {timeline: 1, systemIdentifier: db1.identifier()}
    mkdirSync(join(host.path, 'targets'), {mode: 0o755})
    target = join(host.path, 'targets/main.ini')
    writeFileSync(join(host.path, 'guard.pgpass'), '*:*:*:pp_guard:x\n', {mode: 0o600})
    const member = (name: string, cluster: Cluster) => ({
      host: name,
      address: '127.0.0.1',
      port: cluster.port,
    })
    host.configure({
      schemaVersion: 1,
      host: 'edge1',
      databases: {},
      poolers: {
        main: {
          targetFile: target,
          osUser,
          port,
          entries,
          members: [member('db1', db1), member('db2', db2)],
          processes: processes.map((name) => ({
            name,
            unit: `pgbouncer@${name}.service`,
            socketDirectory: join(host.path, name),
          })),
          guard: {user: 'pp_guard', database: 'postgres', passwordFile: join(host.path, 'guard.pgpass')},
        },
      },
    })
    helper = await host.helper()
    token = 1
    await helper.done('raise', {target: 'main', token, operation: 'op-1'})
    await helper.done('set-target', mine({host: 'db1'}))
    chmodSync(target, 0o644)
    writeFileSync(join(host.path, 'users.txt'), '"app" ""\n', {mode: 0o644})
    for (const name of processes) await startPooler(name)
  }, 60_000)

  afterAll(async () => {
    db1.kill()
    db2.kill()
    for (const pid of Object.values(pids)) process.kill(pid, 'SIGKILL')
    await host.remove()
  }, 30_000)

  beforeEach(async () => {
    // Both servers as at the start: db1 the primary of timeline 1, db2 its standby, poolers at db1.
    if (!db2.has('PG_VERSION')) db2.follow(db1)
    if (!db2.has('postmaster.pid')) db2.start()
    token++
    await helper.done('raise', {target: 'main', token, operation: `op-${token}`})
    operation = `op-${token}`
  }, 30_000)

  let operation = 'op-1'
  const holder = (changes: object = {}) => mine({operation, ...changes})
  const armed = async (afterSeconds: number, hardLimitSeconds: number) => {
    const answer = await arm(afterSeconds, hardLimitSeconds, {operation})
    if (!answer.ok) throw new Error(`${answer.error.code} ${answer.error.message}`)
    return answer.result
  }

  afterEach(async () => {
    await helper.call('disarm', holder())
    for (const name of processes) {
      for (const row of shown(name)) if (row.paused === '1') console_(name, `RESUME "${row.name ?? ''}"`)
    }
  })

  test('that finds nothing changed resumes every entry of every process to the old primary', async () => {
    expect(await armed(1, 20)).toMatchObject({
      timer: {activeState: 'active', kept: false},
      guard: {armed: true},
    })
    pauseAll()
    const waiting = client()
    expect(await verdict()).toMatchObject({lastVerdict: {act: 'route', host: 'db1', complete: true}})
    expect(allShown()).toEqual(at(db1))
    expect(await waiting).toBe(String(db1.port))
    await until(
      () => console_('main-2', 'SHOW CONFIG'),
      (text) => text.includes('server_login_retry|15|'),
    )
  }, 30_000)

  test('lifts a PAUSE that arrives after it has resumed', async () => {
    await armed(1, 20)
    pauseAll()
    await verdict()
    console_('main-2', 'PAUSE pixelpulse')
    await until(allShown, (rows) => rows.every(({paused}) => paused === '0'))
  }, 30_000)

  test('leaves a PAUSE alone once a new holder has the token', async () => {
    await armed(1, 20)
    await verdict()
    token++
    operation = 'op-next'
    await helper.done('raise', {target: 'main', token, operation})
    console_('main-2', 'PAUSE pixelpulse')
    await sleep(4000)
    expect(allShown().filter(({paused}) => paused === '1')).toHaveLength(1)
  }, 30_000)

  test('whose token was handed to a new holder keeps its time, and acts for that one only', async () => {
    await armed(2, 20)
    const before = await guard()
    pauseAll()
    token++
    await helper.done('raise', {target: 'main', token, operation: 'op-new'})
    const after = await guard()
    expect(after).toMatchObject({armed: true, token, operation: 'op-new'})
    expect(after.firesInSeconds).toBeLessThanOrEqual(before.firesInSeconds)
    expect(after.firesInSeconds).toBeGreaterThan(before.firesInSeconds - 1)
    expect(await helper.refusal('disarm', act({token: token - 1, operation}))).toBe('TOKEN_OLD')
    operation = 'op-new'
    expect(await verdict()).toMatchObject({lastVerdict: {act: 'route', host: 'db1', token}})
    expect(allShown()).toEqual(at(db1))
  }, 30_000)

  test('that is disarmed leaves no timer and does nothing', async () => {
    await armed(3, 20)
    pauseAll()
    expect(await helper.done('disarm', holder())).toMatchObject({disarmed: true, was: {armed: true}})
    expect(
      execFileSync(join(host.bin, 'systemctl'), ['list-units', 'pp-guard-main-*'], {encoding: 'utf8'}),
    ).toBe('')
    await sleep(3500)
    expect(allShown().every(({paused}) => paused === '1')).toBe(true)
    expect(await helper.done('disarm', holder())).toMatchObject({was: {armed: false}})
  }, 30_000)

  test('armed again keeps the timer, waits for the later time and is not confused by the early one', async () => {
    await armed(4, 20)
    pauseAll()
    const began = Date.now()
    expect(await armed(6, 20)).toMatchObject({timer: {kept: true}})
    await verdict()
    expect(Date.now() - began).toBeGreaterThan(5900)
    expect(allShown()).toEqual(at(db1))
  }, 30_000)

  test('armed again for an earlier time gets a timer of its own', async () => {
    await armed(30, 40)
    expect(await armed(1, 20)).toMatchObject({timer: {kept: false}})
    pauseAll()
    await verdict(10)
    expect(allShown()).toEqual(at(db1))
  }, 30_000)

  test('is not armed over an entry that somebody else has paused', async () => {
    console_('main-2', 'PAUSE pixelpulse')
    expect((await arm(1, 20, {operation})).error).toMatchObject({
      code: 'ALREADY_PAUSED',
      details: {paused: {'main-1': [], 'main-2': ['pixelpulse']}},
    })
    expect(await guard()).toMatchObject({armed: false})
  })

  test('is not armed when no timer can be made', async () => {
    writeFileSync(join(host.path, 'systemd-run-fails'), '')
    expect((await arm(1, 20, {operation})).error.code).toBe('ARM_FAILED')
    execFileSync('rm', [join(host.path, 'systemd-run-fails')])
    expect(await guard()).toMatchObject({armed: false})
  })

  test.each([
    {
      name: 'a hard limit before the first look',
      change: {afterSeconds: 5, hardLimitSeconds: 4},
      code: 'BAD_REQUEST',
    },
    {
      name: 'an unknown member',
      change: {afterSeconds: 1, hardLimitSeconds: 4, to: 'db9'},
      code: 'UNKNOWN_MEMBER',
    },
  ])('is not armed with $name', async ({change, code}) => {
    expect(await helper.refusal('arm', holder({from: 'db1', to: 'db2', ...identity, ...change}))).toBe(code)
  })

  test('with a process that hangs resumes the others, and this one as soon as it answers', async () => {
    await armed(1, 20)
    pauseAll()
    process.kill(pids['main-2'] ?? 0, 'SIGSTOP')
    try {
      await until(
        () => shown('main-1'),
        (rows) => rows.every(({paused}) => paused === '0'),
      )
      expect(await guard()).toMatchObject({state: 'deciding'})
    } finally {
      process.kill(pids['main-2'] ?? 0, 'SIGCONT')
    }
    await verdict(20)
    expect(allShown()).toEqual(at(db1))
  }, 40_000)

  test('does not go back to an old primary that its operation has fenced', async () => {
    await armed(1, 4)
    await helper.done('fence-tag', holder({member: 'db1'}))
    pauseAll()
    expect(await verdict()).toMatchObject({
      lastVerdict: {act: 'nowhere', reason: expect.stringMatching(/fenced/)},
    })
    await helper.done('unfence', holder({fencedBy: operation}))
    await backTo('db1')
  }, 30_000)

  const backTo = async (member: string) => {
    await helper.done('set-target', holder({host: member}))
    for (const name of processes) console_(name, 'RELOAD')
  }

  test('goes on looking while nobody is writable; handed over and disarmed meanwhile, it ends', async () => {
    await armed(1, 30)
    pauseAll()
    db2.kill() // one member silent: no way back to the old primary
    await until(guard, ({state, lastVerdict}) => state === 'deciding' && lastVerdict !== null)
    token++
    const began = Date.now()
    await helper.done('raise', {target: 'main', token, operation: 'op-late'})
    expect(Date.now() - began).toBeLessThan(1000)
    operation = 'op-late'
    expect(await guard()).toMatchObject({state: 'deciding', token, operation: 'op-late'})
    await helper.done('disarm', holder())
    await sleep(1500)
    expect(allShown().every(({paused}) => paused === '1')).toBe(true)
  }, 30_000)

  test('steps back for a holder who acts while it decides, and decides after all when that one goes no further', async () => {
    await armed(2, 30)
    pauseAll()
    db2.kill()
    await until(guard, ({state}) => state === 'deciding')
    await helper.done('set-target', holder({host: 'db1'}))
    const held = await guard()
    expect(held.state).toBe('armed')
    expect(held.firesInSeconds).toBeGreaterThan(0.5)
    db2.start()
    expect(await verdict()).toMatchObject({lastVerdict: {act: 'route', host: 'db1'}})
    expect(allShown()).toEqual(at(db1))
  }, 60_000)

  test('armed anew while it decides waits for the new time', async () => {
    await armed(1, 30)
    pauseAll()
    db2.kill()
    await until(guard, ({state}) => state === 'deciding')
    await armed(10, 30)
    expect(await guard()).toMatchObject({state: 'armed'})
    db2.start()
    await sleep(1500)
    expect(allShown().every(({paused}) => paused === '1')).toBe(true)
    expect(await verdict()).toMatchObject({lastVerdict: {act: 'route', host: 'db1'}})
  }, 60_000)

  test('decides for the new holder when it was handed over between two looks', async () => {
    await armed(1, 30)
    pauseAll()
    db2.kill()
    await until(guard, ({state}) => state === 'deciding')
    token++
    await helper.done('raise', {target: 'main', token, operation: 'op-late'})
    operation = 'op-late'
    db2.start()
    expect(await verdict()).toMatchObject({lastVerdict: {act: 'route', host: 'db1', token}})
    expect(allShown()).toEqual(at(db1))
  }, 30_000)

  test('with a torn record refuses whatever would hide it, and names the file', async () => {
    await armed(20, 30)
    const record = host.state('guard/main.json')
    const whole = readFileSync(record, 'utf8')
    writeFileSync(record, whole.slice(0, 50))
    for (const [verb, args] of Object.entries({
      status: {},
      disarm: holder(),
      raise: {target: 'main', token: 99, operation: 'x'},
    })) {
      expect(await helper.call(verb, args)).toMatchObject({
        error: {code: 'STATE_TORN', details: {path: record}},
      })
    }
    writeFileSync(record, whole)
    await helper.done('disarm', holder())
  })

  test('at the hard limit, with nobody writable, takes the entries out: nothing paused, clients have errors at once', async () => {
    await armed(1, 3)
    pauseAll()
    const waiting = client()
    db1.kill()
    const end = await verdict()
    expect(end).toMatchObject({lastVerdict: {act: 'nowhere', host: null, complete: true}})
    expect(allShown()).toEqual([])
    expect(await waiting).toMatch(/FATAL/)
    expect(await client()).toMatch(/FATAL/)
    expect(await helper.done('status')).toMatchObject({pooler: {targetHost: null}})
    db1.start()
    await backTo('db1')
    expect(allShown()).toEqual(at(db1))
    expect(await client()).toBe(String(db1.port))
  }, 40_000)

  test('set-target moves a whole file, keeps owner and mode, and sends no RELOAD', async () => {
    const owner = Number(execFileSync('id', ['-u', osUser], {encoding: 'utf8'}))
    if (process.getuid?.() === 0) chownSync(target, 0, owner)
    chmodSync(target, 0o640)
    if (process.getuid?.() !== 0) chmodSync(target, 0o644)
    const before = execFileSync('stat', ['-c', '%u %g %a', target], {encoding: 'utf8'})
    expect(await helper.done('set-target', holder({host: 'db2'}))).toMatchObject({
      host: 'db2',
      previousHost: 'db1',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(execFileSync('stat', ['-c', '%u %g %a', target], {encoding: 'utf8'})).toBe(before)
    expect(allShown()).toEqual(at(db1))
    expect(await helper.done('set-target', holder({host: 'db1'}))).toMatchObject({previousHost: 'db2'})
    expect(await helper.refusal('set-target', holder({host: 'db9'}))).toBe('UNKNOWN_MEMBER')
    chmodSync(target, 0o644)
  })

  // Last: it promotes db2 for good.
  test('that finds the new primary routes there: file, RELOAD, RESUME, and the waiting client goes on', async () => {
    await armed(3, 30)
    pauseAll()
    const waiting = client()
    run(`${binDirectory}/pg_ctl`, ['-D', db1.data, '-m', 'fast', '-w', 'stop'], {stdio: 'ignore'})
    db2.sql('select pg_promote()')
    expect(await verdict()).toMatchObject({lastVerdict: {act: 'route', host: 'db2', complete: true}})
    expect(allShown()).toEqual(at(db2))
    expect(await waiting).toBe(String(db2.port))
    expect(await helper.done('status')).toMatchObject({pooler: {targetHost: 'db2'}})
  }, 40_000)
})
