import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {execFileSync, spawn} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'

import {act, bootSeconds, HostFolder, type HelperProcess, lockArgs} from './helper-process.ts'

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

let host: HostFolder
let helper: HelperProcess

beforeEach(async () => {
  host = new HostFolder()
  helper = await host.helper()
})

afterEach(() => host.remove())

describe('the token', () => {
  test('has to be above the highest one seen', async () => {
    await helper.done('lock', lockArgs({token: 7}))
    await helper.done('release', {target: 'main', token: 7, operation: 'op-1'})
    expect(await helper.call('lock', lockArgs({token: 7, operation: 'op-2'}))).toMatchObject({
      error: {code: 'TOKEN_OLD', details: {highestToken: 7}},
    })
    expect(await helper.done('lock', lockArgs({token: 8, operation: 'op-2'}))).toMatchObject({
      highestToken: 8,
    })
  })

  test('raised by a newer operation, refuses every act of the older one', async () => {
    const database = {
      unit: 'postgresql@15-main.service',
      dataDirectory: '/nowhere',
      binDirectory: '/nowhere',
      osUser: 'postgres',
      port: 5432,
      socketDirectory: '/tmp',
    }
    host.configure({schemaVersion: 1, host: 'db1', databases: {main: database}, poolers: {}})
    await helper.done('raise', {target: 'main', token: 7, operation: 'op-1'})
    await helper.done('raise', {target: 'main', token: 8, operation: 'op-2'})
    for (const [verb, args] of Object.entries({
      mask: {},
      unmask: {},
      fence: {},
      start: {mode: 'primary'},
      disarm: {},
    })) {
      expect(await helper.refusal(verb, act({token: 7, operation: 'op-1', ...args}))).toBe('TOKEN_OLD')
    }
    expect(host.systemctlLog()).toBe('')
  })

  test('of two operations that chose the same number, only the one that raised it here may act', async () => {
    await helper.done('raise', {target: 'main', token: 7, operation: 'op-1'})
    expect(await helper.refusal('raise', {target: 'main', token: 7, operation: 'op-2'})).toBe('TOKEN_OLD')
    expect(await helper.refusal('mask', act({token: 7, operation: 'op-2'}))).toBe('TOKEN_OLD')
  })

  test('may be raised again by the same operation', async () => {
    await helper.done('raise', {target: 'main', token: 7, operation: 'op-1'})
    expect(await helper.done('raise', {target: 'main', token: 7, operation: 'op-1'})).toEqual({
      highestToken: 7,
    })
  })

  test('that was never raised here is refused, since it fences nobody', async () => {
    expect(await helper.refusal('mask', act({token: 3}))).toBe('TOKEN_NOT_RAISED')
  })

  test('acts no more once its operation has released the lock', async () => {
    await helper.done('lock', lockArgs())
    await helper.done('release', {target: 'main', token: 1, operation: 'op-1'})
    expect(await helper.refusal('mask', act())).toBe('TOKEN_OLD')
    expect(await helper.done('release', {target: 'main', token: 1, operation: 'op-1'})).toMatchObject({
      released: true,
    })
  })

  test('raising waits for a running act, renewing and the journal do not', async () => {
    await helper.done('lock', lockArgs())
    const held = ['--no-fork', `${host.root}/run/pp/main.act.flock`, 'sleep', '60']
    const running = spawn('flock', held, {stdio: 'ignore'})
    await sleep(200)
    const other = await host.helper()
    let isRaised = false
    const raised = other.done('raise', {target: 'main', token: 2, operation: 'op-2'}).then(() => {
      isRaised = true
    })
    await helper.done('renew', {target: 'main', token: 1, operation: 'op-1'})
    await helper.done('journal', {target: 'main', token: 1, operation: 'op-1', append: ['{}'], head: 'h'})
    expect(isRaised).toBe(false)
    running.kill()
    await raised
  })

  test('an act waits for a running one no longer than its not-after', async () => {
    await helper.done('lock', lockArgs())
    const running = spawn('flock', [`${host.root}/run/pp/main.act.flock`, 'sleep', '2'], {stdio: 'ignore'})
    await sleep(200)
    expect(await helper.refusal('mask', act({notAfter: bootSeconds() + 0.3}))).toBe('ACT_RUNNING')
    expect(host.systemctlLog()).toBe('')
    running.kill()
  })
})

describe('the lease', () => {
  test('is granted to one of two who ask at the same moment', async () => {
    const others = await Promise.all([1, 2, 3, 4].map(() => host.helper()))
    const answers = await Promise.all(
      others.map((other, index) =>
        other.call('lock', lockArgs({token: 10 + index, operation: `op-${index}`, pid: index + 1})),
      ),
    )
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1)
    const winner = answers.findIndex((answer) => answer.ok)
    expect(await helper.done('status')).toMatchObject({
      lock: {operation: `op-${winner}`},
      highestToken: 10 + winner,
    })
    const refused = answers.filter((answer) => !answer.ok).map((answer) => answer.error.code)
    expect(new Set(refused)).toEqual(new Set(['LOCK_HELD']))
  })

  test('held by another is refused with its holder and what is left of it', async () => {
    await helper.done('lock', lockArgs({leaseSeconds: 30}))
    const answer = await helper.call('lock', lockArgs({token: 2, operation: 'op-2', owner: 'bob'}))
    expect(answer.error).toMatchObject({
      code: 'LOCK_HELD',
      details: {lock: {operation: 'op-1', owner: 'ann@laptop'}, highestToken: 1},
    })
    expect(answer.error.details.leaseLeftSeconds).toBeGreaterThan(28)
    expect(await helper.done('status')).toMatchObject({highestToken: 1})
  })

  test('is granted again to the very process that holds it', async () => {
    await helper.done('lock', lockArgs())
    expect(await helper.done('lock', lockArgs({token: 2}))).toMatchObject({takenOver: null, highestToken: 2})
    expect(await helper.refusal('lock', lockArgs({token: 3, pid: 4712}))).toBe('LOCK_HELD')
  })

  test.each([
    {name: 'seen dead on the same machine and boot', change: {holderDead: true}, outcome: 'done'},
    {name: 'not seen dead', change: {}, outcome: 'LOCK_HELD'},
    {name: 'of another machine', change: {holderDead: true, operatorHost: 'desktop'}, outcome: 'LOCK_HELD'},
    {name: 'of an earlier boot', change: {holderDead: true, operatorBootId: 'boot-2'}, outcome: 'LOCK_HELD'},
    {
      name: 'that is not the one named',
      change: {holderDead: true, takeOver: {operation: 'op-0', token: 1}},
      outcome: 'LOCK_HELD',
    },
    {
      name: 'that has been renamed by a newer token',
      change: {holderDead: true, takeOver: {operation: 'op-1', token: 9}},
      outcome: 'LOCK_HELD',
    },
  ])('taking over a live lease of a holder $name: $outcome', async ({change, outcome}) => {
    await helper.done('lock', lockArgs())
    const request = lockArgs({token: 2, pid: 4712, takeOver: {operation: 'op-1', token: 1}, ...change})
    expect(await helper.refusal('lock', request)).toBe(outcome)
  })

  test('that has ended may be taken by anybody, and the takeover is recorded', async () => {
    await helper.done('lock', lockArgs({leaseSeconds: 1}))
    await sleep(1100)
    const taken = await helper.done(
      'lock',
      lockArgs({token: 2, operation: 'op-2', operatorHost: 'desktop', owner: 'bob'}),
    )
    expect(taken).toMatchObject({
      takenOver: {operation: 'op-1', token: 1},
      lock: {operation: 'op-2', takenOver: {operation: 'op-1', token: 1, owner: 'ann@laptop'}},
    })
  })

  test('is renewed by its holder only, and not once it has ended', async () => {
    await helper.done('lock', lockArgs({leaseSeconds: 1}))
    expect(await helper.refusal('renew', {target: 'main', token: 1, operation: 'op-2', step: 's'})).toBe(
      'LOCK_LOST',
    )
    const before = bootSeconds()
    const {leaseEnd} = await helper.done('renew', {
      target: 'main',
      token: 1,
      operation: 'op-1',
      step: 'pause',
    })
    expect(leaseEnd).toBeGreaterThanOrEqual(before + 1)
    expect(leaseEnd).toBeLessThanOrEqual(bootSeconds() + 1.01)
    expect(await helper.done('status')).toMatchObject({lock: {step: 'pause'}})
    await sleep(1100)
    expect(await helper.refusal('renew', {target: 'main', token: 1, operation: 'op-1', step: 's'})).toBe(
      'LEASE_ENDED',
    )
  })

  test('survives a reboot of the voter for one full length', async () => {
    await helper.done('lock', lockArgs({leaseSeconds: 2}))
    await sleep(1500)
    host.reboot()
    const after = await host.helper()
    await sleep(1000)
    const answer = await after.call('lock', lockArgs({token: 2, operation: 'op-2', pid: 1}))
    expect(answer.error.code).toBe('LOCK_HELD')
    expect(answer.error.details.leaseLeftSeconds).toBeLessThan(1.1)
    await sleep(1100)
    expect(await after.refusal('lock', lockArgs({token: 2, operation: 'op-2', pid: 1}))).toBe('done')
  })

  test('after a reboot of the voter can be renewed by its holder', async () => {
    await helper.done('lock', lockArgs())
    host.reboot()
    const after = await host.helper()
    await after.done('renew', {target: 'main', token: 1, operation: 'op-1', step: 'promote'})
    expect(await after.done('status')).toMatchObject({lock: {operation: 'op-1', step: 'promote'}})
  })
})

describe('a state file', () => {
  const file = () => host.state('lock/main.json')

  test.each([
    {name: 'cut off in the middle', spoil: () => truncateSync(file(), 40)},
    {name: 'empty', spoil: () => truncateSync(file(), 0)},
    {name: 'of zeros', spoil: () => writeFileSync(file(), '\0'.repeat(500))},
    {name: 'that is JSON but nothing of ours', spoil: () => writeFileSync(file(), '[]')},
    {
      name: 'changed by hand',
      spoil: () =>
        writeFileSync(file(), readFileSync(file(), 'utf8').replace('"highestToken": 5', '"highestToken": 1')),
    },
  ])('$name refuses with its path and is never taken for "no lock"', async ({spoil}) => {
    await helper.done('lock', lockArgs({token: 5}))
    spoil()
    const spoilt = readFileSync(file(), 'utf8')
    for (const [verb, args] of Object.entries({
      status: {},
      show: {},
      lock: lockArgs({token: 9}),
      raise: {target: 'main', token: 9, operation: 'op-9'},
      renew: {target: 'main', token: 5, operation: 'op-1', step: 's'},
      mask: act({token: 5}),
      release: {target: 'main', token: 5, operation: 'op-1'},
    })) {
      expect(await helper.call(verb, args)).toMatchObject({
        error: {code: 'STATE_TORN', details: {path: file()}},
      })
    }
    expect(readFileSync(file(), 'utf8')).toBe(spoilt)
  })

  test('that is torn leaves the rest of the status readable', async () => {
    await helper.done('lock', lockArgs())
    writeFileSync(file(), '')
    const {error} = await helper.call('status')
    expect(error.details.partial).toMatchObject({
      lock: {error: {code: 'STATE_TORN'}},
      journal: [],
      clusterManagers: expect.any(Array),
    })
  })

  test('is read alone by a voter, and refused when it is torn', async () => {
    await helper.done('lock', lockArgs())
    const {lock, highestToken} = await helper.done('status')
    expect(await helper.done('lock-read', {target: 'main'})).toMatchObject({
      lock: {...(lock as object), leaseLeftSeconds: expect.any(Number)},
      highestToken,
      bootSeconds: expect.any(Number),
    })
    writeFileSync(file(), '')
    expect(await helper.refusal('lock-read', {target: 'main'})).toBe('STATE_TORN')
  })

  test('left half-written by a crash beside it does no harm', async () => {
    await helper.done('lock', lockArgs())
    writeFileSync(host.state('lock/.main.json.123.456.tmp'), '{"half')
    expect(await helper.done('status')).toMatchObject({highestToken: 1})
  })
})

describe('copies of the journal', () => {
  const lines = ['{"n":1}', '{"n":2,"text":"ümlaut"}']
  const holder = {target: 'main', token: 1, operation: 'op-1'}

  beforeEach(async () => {
    await helper.done('lock', lockArgs())
    await helper.done('journal', {...holder, append: lines, head: 'h2'})
  })

  test('come back word for word, with their head', async () => {
    await helper.done('journal', {...holder, append: ['{"n":3}'], head: 'h3', previousHead: 'h2'})
    expect(await helper.done('journal-read', {target: 'main', operation: 'op-1'})).toMatchObject({
      lines: [...lines, '{"n":3}'],
      head: 'h3',
      token: 1,
    })
    expect(await helper.done('status')).toMatchObject({
      journal: [{operation: 'op-1', records: 3, head: 'h3'}],
    })
  })

  test('of an operation nobody knows are empty', async () => {
    expect(await helper.done('journal-read', {target: 'main', operation: 'op-9'})).toMatchObject({
      lines: [],
      head: null,
    })
  })

  test('are not added to by an older token', async () => {
    await helper.done('lock', lockArgs({token: 2}))
    expect(await helper.refusal('journal', {...holder, append: ['{}'], head: 'x'})).toBe('TOKEN_OLD')
  })

  test.each([
    {name: 'with a line break', line: '{"a":\n1}'},
    {name: 'that is no JSON object', line: '[1]'},
    {name: 'that is no JSON', line: 'secret'},
  ])('refuse a line $name', async ({line}) => {
    expect(await helper.refusal('journal', {...holder, append: ['{}', line], head: 'x'})).toBe('BAD_REQUEST')
    expect(await helper.done('journal-read', {target: 'main', operation: 'op-1'})).toMatchObject({lines})
  })

  test('that end otherwise than the caller thinks are not mixed; replacing keeps the old ones aside', async () => {
    const request = {...holder, append: ['{"other":1}'], head: 'o1', previousHead: 'zzz'}
    expect(await helper.call('journal', request)).toMatchObject({
      error: {code: 'JOURNAL_FORKED', details: {head: 'h2'}},
    })
    await helper.done('journal', {...request, replace: true})
    expect(await helper.done('journal-read', {target: 'main', operation: 'op-1'})).toMatchObject({
      lines: ['{"other":1}'],
    })
    const aside = execFileSync('find', [host.state('journal/main'), '-name', '*.token1.*'], {
      encoding: 'utf8',
    }).trim()
    expect(readFileSync(aside, 'utf8')).toBe(`${lines.join('\n')}\n`)
  })

  test('drop what a crash left behind the acknowledged end', async () => {
    writeFileSync(host.state('journal/main/op-1.ndjson'), '{"half', {flag: 'a'})
    expect(await helper.done('journal-read', {target: 'main', operation: 'op-1'})).toMatchObject({lines})
    await helper.done('journal', {...holder, append: ['{"n":3}'], head: 'h3'})
    expect(await helper.done('journal-read', {target: 'main', operation: 'op-1'})).toMatchObject({
      lines: [...lines, '{"n":3}'],
    })
  })

  test('that lost acknowledged lines are torn', async () => {
    truncateSync(host.state('journal/main/op-1.ndjson'), 10)
    expect(await helper.refusal('journal-read', {target: 'main', operation: 'op-1'})).toBe('STATE_TORN')
    expect(await helper.refusal('journal', {...holder, append: ['{}'], head: 'x'})).toBe('STATE_TORN')
  })
})

const mayMount = process.getuid?.() === 0
if (!mayMount) console.warn('SKIPPED: a full disk is tested on a small tmpfs, which only root can mount')

;(mayMount ? describe : describe.skip)('on a full disk', () => {
  beforeEach(() => {
    mkdirSync(host.state(''), {recursive: true})
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', host.state('')])
  })

  afterEach(() => {
    execFileSync('umount', ['-l', host.state('')])
  })

  const fill = () => {
    try {
      writeFileSync(host.state('filling'), Buffer.alloc(1_000_000))
    } catch {
      // Full is what was asked for.
    }
  }

  test('nothing is half-done: lock, raise and journal refuse with DISK_FULL and leave what was there', async () => {
    await helper.done('lock', lockArgs())
    await helper.done('journal', {
      target: 'main',
      token: 1,
      operation: 'op-1',
      append: ['{"n":1}'],
      head: 'h1',
    })
    const before = readFileSync(host.state('lock/main.json'), 'utf8')
    fill()
    const long = [JSON.stringify({text: 'x'.repeat(10_000)})]
    expect(await helper.refusal('lock', lockArgs({token: 2}))).toBe('DISK_FULL')
    expect(await helper.refusal('raise', {target: 'main', token: 3, operation: 'op-3'})).toBe('DISK_FULL')
    expect(
      await helper.refusal('journal', {target: 'main', token: 1, operation: 'op-1', append: long, head: 'x'}),
    ).toBe('DISK_FULL')
    expect(readFileSync(host.state('lock/main.json'), 'utf8')).toBe(before)
    expect(await helper.done('journal-read', {target: 'main', operation: 'op-1'})).toMatchObject({
      lines: ['{"n":1}'],
      head: 'h1',
    })
    expect(await helper.done('status')).toMatchObject({highestToken: 1})
  })
})

test('its files and folders are for root only', async () => {
  await helper.done('lock', lockArgs())
  const modes = execFileSync('find', [host.state(''), '-printf', '%m %p\n'], {encoding: 'utf8'})
  expect(modes.split('\n').filter((line) => line && !/^[67]00 /.test(line))).toEqual([])
  expect(existsSync(host.state('lock/main.json'))).toBe(true)
  chmodSync(host.path, 0o755)
})
