// Stop, start, promote and fence on a real PostgreSQL of this machine. systemctl is a stand-in (fixtures/bin).
import {afterAll, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {execFileSync, spawn} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {act, bootSeconds, HostFolder, type HelperProcess} from './helper-process.ts'
import {freePort} from '../free-port.ts'
import {Cluster, hasPostgres, run} from './postgres-cluster.ts'

const suite = hasPostgres ? describe : describe.skip

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

let host: HostFolder
let helper: HelperProcess
let primary: Cluster
let standby: Cluster
let identity: {timeline: number; systemIdentifier: string}
let token = 0

/** A fresh pair of servers, "main" the primary and "second" its standby, both known to one helper. */
async function bringUp(): Promise<void> {
  host = new HostFolder()
  primary = new Cluster(host, 'main', await freePort())
  standby = new Cluster(host, 'second', await freePort())
  primary.initialize()
  primary.start()
  standby.follow(primary)
  standby.start()
  host.configure({
    schemaVersion: 1,
    host: 'db1',
    databases: {main: primary.config(), second: standby.config()},
    poolers: {},
  })
  helper = await host.helper()
  identity = {timeline: 1, systemIdentifier: primary.identifier()}
  token = 0
  await holdBoth()
}

async function bringDown(): Promise<void> {
  primary.kill()
  standby.kill()
  await host.remove()
}

async function holdBoth(): Promise<void> {
  token++
  await helper.done('raise', {target: 'main', token, operation: 'op-1'})
  await helper.done('raise', {target: 'second', token, operation: 'op-1'})
}

const mine = (changes: object = {}) => act({token, ...changes})
const other = (changes: object = {}) => act({token, target: 'second', ...changes})
const stopArgs = (changes: object = {}) => mine({...identity, timeoutSeconds: 10, ...changes})
const promoteArgs = (changes: object = {}) => other({...identity, timeoutSeconds: 10, ...changes})
const hostRecords = async (target: string) =>
  (
    (await helper.done('journal-read', {target, operation: 'op-1'})).host as {verb: string; phase: string}[]
  ).map(({verb, phase}) => `${verb} ${phase}`)

suite('a planned change on the hosts', () => {
  beforeAll(bringUp, 60_000)
  afterAll(bringDown)

  test('status shows everything a planner needs, and changes nothing', async () => {
    expect(await helper.done('status', {target: 'main'})).toMatchObject({
      target: 'main',
      highestToken: 1,
      lock: null,
      database: {
        unit: {loadState: 'loaded', activeState: 'active', restart: 'on-failure'},
        masked: false,
        postmasterPid: expect.any(Number),
        postmasterStatus: 'ready',
        control: {
          state: 'in production',
          timeline: 1,
          systemIdentifier: identity.systemIdentifier,
          crcOk: true,
          walSegmentBytes: 16_777_216,
        },
        standbySignal: false,
        promoteFile: false,
        promoteSent: null,
        dataDirectory: primary.data,
        version: expect.stringMatching(/^\d+$/),
      },
      pooler: null,
    })
    expect(await helper.done('status', {target: 'second'})).toMatchObject({
      database: {control: {state: 'in archive recovery'}, standbySignal: true},
    })
  })

  test.each([
    {name: 'unmasked', code: 'NOT_MASKED', masked: false, change: {}},
    {
      name: 'of another system',
      code: 'IDENTITY_MISMATCH',
      masked: true,
      change: {systemIdentifier: '7000000000000000000'},
    },
    {name: 'of another timeline', code: 'TIMELINE_MISMATCH', masked: true, change: {timeline: 2}},
    {name: 'after its time', code: 'NOT_AFTER_PASSED', masked: true, change: {notAfter: 5}},
    {name: 'with an old token', code: 'TOKEN_OLD', masked: true, change: {token: 0.5 * 2, operation: 'op-0'}},
  ])(
    'a stop $name is refused with $code before standby.signal is written',
    async ({code, masked, change}) => {
      if (masked) await helper.done('mask', mine())
      expect(await helper.refusal('stop', stopArgs(change))).toBe(code)
      expect(primary.has('standby.signal')).toBe(false)
      expect(primary.sql('select 1')).toBe('1')
    },
  )

  test('a stop of a standby is refused with NOT_PRIMARY', async () => {
    await helper.done('mask', other())
    expect(await helper.refusal('stop', other({...identity, timeoutSeconds: 5}))).toBe('NOT_PRIMARY')
    await helper.done('unmask', other())
  })

  test('a promotion of a primary is refused with NOT_IN_RECOVERY', async () => {
    expect(await helper.refusal('promote', mine({...identity, timeoutSeconds: 5}))).toBe('NOT_IN_RECOVERY')
    expect(primary.has('promote')).toBe(false)
  })

  test.each([
    {name: 'of another system', code: 'IDENTITY_MISMATCH', change: {systemIdentifier: '7000000000000000000'}},
    {name: 'of another timeline', code: 'TIMELINE_MISMATCH', change: {timeline: 2}},
    {name: 'that arrives late', code: 'NOT_AFTER_PASSED', change: {notAfter: 5}},
  ])('a promotion $name is refused with $code and sends nothing', async ({code, change}) => {
    expect(await helper.refusal('promote', promoteArgs(change))).toBe(code)
    expect(standby.has('promote')).toBe(false)
    expect(standby.sql('select pg_is_in_recovery()')).toBe('t')
    expect(await helper.done('status', {target: 'second'})).toMatchObject({database: {promoteSent: null}})
  })

  test('a start as primary of a running standby is refused and leaves standby.signal', async () => {
    expect(await helper.refusal('start', other({mode: 'primary'}))).toBe('RUNNING_OTHERWISE')
    expect(standby.has('standby.signal')).toBe(true)
  })

  test('mask, stop with proof, promote, and the old primary starts as a standby', async () => {
    primary.sql('create table t as select generate_series(1, 1000) n; checkpoint')
    expect(await helper.done('mask', mine())).toEqual({how: 'mask'})
    const stopped = await helper.done('stop', stopArgs())
    expect(stopped).toMatchObject({
      timeline: 1,
      systemIdentifier: identity.systemIdentifier,
      standbySignal: true,
      already: false,
    })
    expect(primary.control('Database cluster state')).toBe('shut down')
    expect(primary.control('Latest checkpoint location')).toBe(stopped.checkpointLsn)
    expect(primary.has('standby.signal')).toBe(true)
    expect(await helper.done('stop', stopArgs())).toMatchObject({
      already: true,
      checkpointLsn: stopped.checkpointLsn,
    })
    expect(await hostRecords('main')).toEqual(['stop intent', 'stop done', 'stop done'])

    await helper.done('wait-control', {target: 'main', state: 'shut down', timeoutSeconds: 1})
    const promoted = await helper.done('promote', promoteArgs())
    expect(Number(promoted.signals)).toBeGreaterThan(0)
    expect(standby.sql('select pg_is_in_recovery(), count(*) from t')).toBe('f|1000')
    expect(standby.has('promote')).toBe(false)
    expect(await helper.done('promote', promoteArgs())).toMatchObject({already: true, signals: 0})
    expect(await helper.done('status', {target: 'second'})).toMatchObject({
      database: {promoteSent: {operation: 'op-1'}},
    })

    primary.configure(`primary_conninfo = 'host=127.0.0.1 port=${standby.port} user=postgres'`)
    expect(await helper.refusal('start', mine({mode: 'standby', notAfter: 5}))).toBe('NOT_AFTER_PASSED')
    expect(await helper.done('start', mine({mode: 'standby'}))).toMatchObject({started: true})
    await helper.done('wait-control', {target: 'main', state: 'in archive recovery', timeoutSeconds: 20})
    expect(await helper.done('status', {target: 'main'})).toMatchObject({
      database: {masked: false, standbySignal: true},
    })
  }, 60_000)

  test('that host is not started as a primary from there', async () => {
    primary.kill()
    expect(await helper.refusal('start', mine({mode: 'primary'}))).toBe('NOT_PRIMARY')
    expect(primary.has('standby.signal')).toBe(true)
    expect(host.systemctlLog().split('\n').at(-2)).not.toContain('start --no-block')
  })
})

suite('taking a stop back', () => {
  beforeAll(bringUp, 60_000)
  afterAll(bringDown)

  test('starts the old primary writable, standby.signal removed last', async () => {
    await helper.done('mask', mine())
    await helper.done('stop', stopArgs())
    expect(await helper.refusal('start', mine({mode: 'primary', systemIdentifier: '1'}))).toBe(
      'IDENTITY_MISMATCH',
    )
    expect(primary.has('standby.signal')).toBe(true)
    expect(await helper.done('start', mine({mode: 'primary'}))).toMatchObject({started: true})
    await helper.done('wait-control', {target: 'main', state: 'in production', timeoutSeconds: 20})
    expect(primary.has('standby.signal')).toBe(false)
    expect(await helper.done('start', mine({mode: 'primary'}))).toMatchObject({already: true})
    await primary.answers() // a moment after its control file says so
    expect(primary.sql('create table back (n int); select pg_is_in_recovery()')).toBe('f')
  }, 30_000)

  test('a start that systemd refuses leaves standby.signal where it was', async () => {
    await helper.done('mask', mine())
    await helper.done('stop', stopArgs())
    writeFileSync(join(host.bin, 'systemctl.real'), readFileSync(join(host.bin, 'systemctl')), {mode: 0o755})
    const failing =
      '#!/bin/sh\ncase "$1" in start) echo no >&2; exit 1;; esac\nexec "$(dirname "$0")/systemctl.real" "$@"\n'
    writeFileSync(join(host.bin, 'systemctl'), failing, {mode: 0o755})
    expect(await helper.refusal('start', mine({mode: 'primary'}))).toBe('START_FAILED')
    expect(primary.has('standby.signal')).toBe(true)
    writeFileSync(join(host.bin, 'systemctl'), readFileSync(join(host.bin, 'systemctl.real')), {mode: 0o755})
    await helper.done('start', mine({mode: 'primary'}))
    await helper.done('wait-control', {target: 'main', state: 'in production', timeoutSeconds: 20})
  }, 30_000)

  // A server stopped while pg_ctlcluster was still starting it left one on a busy machine, and no start brought it up again.
  test('a start that systemd has under way with nobody at work in it is ended first', async () => {
    await helper.done('mask', mine())
    await helper.done('stop', stopArgs())
    primary.register({ended: 'activating'})
    await helper.done('start', mine({mode: 'primary'}))
    await helper.done('wait-control', {target: 'main', state: 'in production', timeoutSeconds: 20})
  }, 30_000)

  test('a stop whose caller vanishes still finishes its proof and writes it down', async () => {
    await helper.done('mask', mine())
    const vanishing = await host.helper()
    void vanishing.call('stop', stopArgs())
    vanishing.process.stdin?.end()
    vanishing.process.stdout?.destroy()
    vanishing.process.kill('SIGHUP')
    vanishing.process.kill('SIGTERM')
    await vanishing.exited
    const records = await hostRecords('main')
    expect(records.at(-1) === 'stop done' || records.at(-1) === 'start done').toBe(true)
    if (records.at(-1) === 'stop done') expect(primary.control('Database cluster state')).toBe('shut down')
    await helper.done('start', mine({mode: 'primary'}))
    await helper.done('wait-control', {target: 'main', state: 'in production', timeoutSeconds: 20})
  }, 30_000)

  test('a stop held up by a client process names the holder and keeps standby.signal', async () => {
    await helper.done('mask', mine())
    const backend = Number(primary.sql('select pg_backend_pid()')) // gone by now; a held one follows
    expect(backend).toBeGreaterThan(0)
    const client = primary.sleeper()
    await sleep(500)
    const held = Number(
      primary.sql(
        "select pid from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()",
      ),
    )
    process.kill(held, 'SIGSTOP')
    const answer = await helper.call('stop', stopArgs({timeoutSeconds: 0.7}))
    expect(answer.error).toMatchObject({
      code: 'STOP_TIMEOUT',
      details: {signalled: true, standbySignal: true},
    })
    expect(JSON.stringify(answer.error.details.holders)).toContain(`"pid":${held}`)
    expect(await helper.call('start', mine({mode: 'primary', lingerSeconds: 0}))).toMatchObject({
      error: {code: 'STILL_STOPPING'},
    })
    expect(primary.has('standby.signal')).toBe(true)
    process.kill(held, 'SIGCONT')
    expect(await helper.done('stop', stopArgs())).toMatchObject({standbySignal: true})
    client.kill()
    await helper.done('start', mine({mode: 'primary'}))
    await helper.done('wait-control', {target: 'main', state: 'in production', timeoutSeconds: 20})
  }, 60_000)

  test('a unit file in /etc beats the runtime mask: the drop-in does it, and unmask takes it away', async () => {
    primary.register({inEtc: true})
    expect(await helper.done('mask', mine())).toEqual({how: 'drop-in'})
    const dropIn = join(host.root, `run/systemd/system/${primary.unit}.d/90-pp-stopped.conf`)
    expect(readFileSync(dropIn, 'utf8')).toMatch(/Restart=no/)
    expect(await helper.done('status', {target: 'main'})).toMatchObject({database: {masked: true}})
    await helper.done('unmask', mine())
    expect(existsSync(dropIn)).toBe(false)
    expect(await helper.done('status', {target: 'main'})).toMatchObject({database: {masked: false}})
    primary.register()
  })

  test('a pid that a crash has left in postmaster.pid and now is another program gets no signal', async () => {
    await helper.done('mask', mine())
    primary.kill()
    const innocent = spawn('sleep', ['60'], {cwd: primary.data, stdio: 'ignore'})
    const lines = [innocent.pid, primary.data, 1, primary.port, '/tmp', 'localhost', '0 0', 'ready']
    writeFileSync(join(primary.data, 'postmaster.pid'), `${lines.join('\n')}\n`)
    expect(await helper.refusal('stop', stopArgs())).toBe('NOT_RUNNING')
    expect(primary.has('standby.signal')).toBe(false)
    await helper.done('fence', mine())
    expect(innocent.exitCode).toBeNull()
    expect(innocent.signalCode).toBeNull()
    innocent.kill()
    rmSync(join(primary.data, 'postmaster.pid'))
  })
})

suite('a fence', () => {
  beforeAll(bringUp, 60_000)
  afterAll(bringDown)

  test('of a candidate whose promotion is unknown leaves no process, no promote file, and a tag', async () => {
    const postmaster = readFileSync(join(standby.data, 'postmaster.pid'), 'utf8').split('\n')[0]!
    const startup = Number(run('pgrep', ['-P', postmaster, '-f', 'startup']))
    process.kill(startup, 'SIGSTOP')
    const unknown = await helper.call('promote', promoteArgs({timeoutSeconds: 0.3}))
    expect(unknown.error).toMatchObject({code: 'PROMOTE_UNKNOWN', details: {promoteFile: true}})
    expect(Number(unknown.error.details.signals)).toBeGreaterThan(5)
    expect(await helper.done('status', {target: 'second'})).toMatchObject({
      database: {promoteSent: {operation: 'op-1', phase: 'unknown'}},
    })
    const fenced = await helper.done('fence', other())
    expect(fenced).toMatchObject({
      left: [],
      tableEmptyLooks: 2,
      promoteFile: false,
      standbySignal: true,
      masked: 'mask',
      control: {state: 'in archive recovery'},
    })
    expect(await helper.done('status', {target: 'second'})).toMatchObject({
      database: {
        postmasterPid: null,
        processCount: 0,
        masked: true,
      },
      fenceTags: [{operation: 'op-1', member: 'db1'}],
    })
    expect(await helper.done('fence', other())).toMatchObject({killed: [], left: []})
  }, 30_000)

  test('that is for a standby only leaves a primary alone: a promotion may have come to its end meanwhile', async () => {
    expect(await helper.refusal('fence', mine({onlyStandby: true}))).toBe('NOT_IN_RECOVERY')
    expect(await helper.done('status', {target: 'main'})).toMatchObject({
      database: {masked: false, standbySignal: false},
      fenceTags: [],
    })
    expect(primary.sql('select pg_is_in_recovery()')).toBe('f')
  })

  test('keeps the fenced server from being promoted or started as primary, until it is lifted by name', async () => {
    token++
    await helper.done('raise', {target: 'second', token, operation: 'op-2'})
    const next = (changes: object) => act({token, target: 'second', operation: 'op-2', ...changes})
    expect(await helper.refusal('start', next({mode: 'primary'}))).toBe('FENCED')
    await helper.done('start', next({mode: 'standby'}))
    await standby.answers()
    expect(await helper.refusal('promote', next({...identity, timeoutSeconds: 5}))).toBe('FENCED')
    expect(standby.sql('select pg_is_in_recovery()')).toBe('t')
    expect(await helper.refusal('unfence', next({fencedBy: 'op-9'}))).toBe('FENCED')
    expect(await helper.done('unfence', next({fencedBy: 'op-1'}))).toMatchObject({
      removed: [{operation: 'op-1'}],
    })
    await holdAgain()
  }, 30_000)

  const holdAgain = async () => {
    token++
    await helper.done('raise', {target: 'main', token, operation: 'op-1'})
    await helper.done('raise', {target: 'second', token, operation: 'op-1'})
  }

  test('kills a primary at work with all its backends, and it can only come back as a standby', async () => {
    const client = primary.sleeper()
    await sleep(300)
    const fenced = await helper.done('fence', mine())
    expect((fenced.killed as {title: string}[]).some(({title}) => title.includes('checkpointer'))).toBe(true)
    expect(fenced).toMatchObject({left: [], control: {state: 'in production'}, standbySignal: true})
    expect(primary.has('standby.signal')).toBe(true)
    client.kill()
  }, 30_000)

  test('is lifted by the same operation when it starts the primary again', async () => {
    expect(await helper.done('start', mine({mode: 'primary'}))).toMatchObject({started: true})
    await helper.done('wait-control', {target: 'main', state: 'in production', timeoutSeconds: 20})
    await primary.answers()
    expect(primary.sql('select pg_is_in_recovery()')).toBe('f')
    expect(await helper.done('status', {target: 'main'})).toMatchObject({
      database: {masked: false},
      fenceTags: [],
    })
  }, 30_000)
})

const mayMount = process.getuid?.() === 0
if (!mayMount) console.warn('SKIPPED: a full disk under the acts is a small tmpfs, which only root can mount')

;(mayMount ? suite : describe.skip)('with a full disk under /var/lib/pp', () => {
  beforeAll(async () => {
    await bringUp()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', host.state('')])
    await holdBoth()
    await helper.done('mask', mine())
    try {
      writeFileSync(host.state('filling'), Buffer.alloc(1_000_000))
    } catch {
      // Full is what was asked for.
    }
  }, 60_000)

  afterAll(async () => {
    execFileSync('umount', ['-l', host.state('')])
    await bringDown()
  })

  test('a stop and a promotion that cannot be written down are refused before anything is touched', async () => {
    expect(await helper.refusal('stop', stopArgs())).toBe('DISK_FULL')
    expect(primary.has('standby.signal')).toBe(false)
    expect(primary.sql('select pg_is_in_recovery()')).toBe('f')
    expect(await helper.refusal('promote', promoteArgs())).toBe('DISK_FULL')
    expect(standby.has('promote')).toBe(false)
    expect(standby.sql('select pg_is_in_recovery()')).toBe('t')
  })

  test('a fence kills all the same, and says that its tag is missing', async () => {
    const {error} = await helper.call('fence', mine())
    expect(error).toMatchObject({
      code: 'FENCE_INCOMPLETE',
      details: {left: [], tableEmptyLooks: 2, standbySignal: true},
    })
    expect((error.details.problems as {what: string}[]).map(({what}) => what)).toEqual(['fence tag'])
  })
})

suite('a symbolic link in the data directory', () => {
  beforeEach(bringUp, 60_000)
  afterAll(bringDown)

  test("is never followed: the directory is the server user's, and the helper is root", async () => {
    const victim = join(host.path, 'victim')
    writeFileSync(victim, 'precious', {mode: 0o600})
    mkdirSync(join(host.path, 'x'))
    run('ln', ['-s', victim, join(standby.data, 'promote')])
    await helper.call('promote', promoteArgs({timeoutSeconds: 1, notAfter: bootSeconds() + 5}))
    expect(readFileSync(victim, 'utf8')).toBe('precious')
  }, 30_000)
})
