import {afterEach, beforeEach, expect, jest, test} from '@jest/globals'
import {execFileSync} from 'node:child_process'
import {dirname} from 'node:path'

import {bundledHelperSha256} from '../../src/lib/drivers/helper/bundled.ts'
import {act, bootSeconds, HostFolder, lockArgs, program} from './helper-process.ts'

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

let host: HostFolder

beforeEach(() => {
  host = new HostFolder()
})

afterEach(() => host.remove())

test('says first who it is: version, hash of its own files, host, clock and boot', async () => {
  const hello = await (await host.helper()).hello
  expect(hello).toEqual({
    version: '1.0.0',
    sha256: bundledHelperSha256(),
    host: 'voter1',
    bootSeconds: expect.any(Number),
    bootId: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  expect(Math.abs(Number(hello.bootSeconds) - bootSeconds())).toBeLessThan(5)
})

test('the hash of its files is the one that sha256sum makes of them', () => {
  const script = 'LC_ALL=C; export LC_ALL; sha256sum pp-host pp_host/*.py | sha256sum'
  const said = execFileSync('sh', ['-c', script], {cwd: dirname(program), encoding: 'utf8'})
  expect(said.split(' ')[0]).toBe(bundledHelperSha256())
})

test('the boot id is the same for every helper of one boot, also when two start at once', async () => {
  const [first, second] = await Promise.all([host.helper(), host.helper()])
  expect((await first.hello).bootId).toBe((await second.hello).bootId)
  host.reboot()
  expect((await (await host.helper()).hello).bootId).not.toBe((await first.hello).bootId)
})

test.each([
  {name: 'no JSON', line: 'rm -rf /\n', code: 'BAD_REQUEST'},
  {name: 'binary', line: '\u0000\u0001\uffff\n', code: 'BAD_REQUEST'},
  {name: 'a list', line: '[1,2]\n', code: 'BAD_REQUEST'},
  {name: 'deep nesting', line: `${'['.repeat(100_000)}\n`, code: 'BAD_REQUEST'},
  {name: 'an unknown verb', line: '{"id":1,"verb":"reboot"}\n', code: 'UNKNOWN_VERB'},
  {name: 'an unknown key beside', line: '{"id":1,"verb":"status","sudo":true}\n', code: 'BAD_REQUEST'},
  {
    name: 'an unknown argument',
    line: '{"id":1,"verb":"status","args":{"path":"/etc"}}\n',
    code: 'BAD_REQUEST',
  },
  {name: 'a line of over a mebibyte', line: `"${'x'.repeat(1_100_000)}"\n`, code: 'BAD_REQUEST'},
  {name: 'a verb that is no text', line: '{"id":1,"verb":{"a":1}}\n', code: 'BAD_REQUEST'},
  {name: 'no id', line: '{"verb":"status"}\n', code: 'BAD_REQUEST'},
])('$name is refused with $code, and the helper goes on serving', async ({line, code}) => {
  const helper = await host.helper()
  const answer = await helper.raw(line)
  expect([answer.ok, answer.error.code]).toEqual([false, code])
  expect((await helper.call('status', {})).ok).toBe(true)
})

test.each([
  {name: 'a target with a path in it', args: {target: '../../etc/passwd'}, code: 'BAD_REQUEST'},
  {name: 'a target that host.json does not name', args: {target: 'billing'}, code: 'UNKNOWN_TARGET'},
  {name: 'an operation with a path in it', args: {operation: 'a/../../b'}, code: 'BAD_REQUEST'},
  {name: 'an operation that starts with a dot', args: {operation: '.hidden'}, code: 'BAD_REQUEST'},
  {name: 'a token that is no whole number', args: {token: 1.5}, code: 'BAD_REQUEST'},
  {name: 'a token as text', args: {token: '7'}, code: 'BAD_REQUEST'},
  {name: 'a token of true', args: {token: true}, code: 'BAD_REQUEST'},
  {name: 'token 0', args: {token: 0}, code: 'BAD_REQUEST'},
  {name: 'an endless lease', args: {leaseSeconds: 1e9}, code: 'BAD_REQUEST'},
  {name: 'an owner with a line break', args: {owner: 'ann\nbob'}, code: 'BAD_REQUEST'},
  {name: 'a missing owner', args: {owner: undefined}, code: 'BAD_REQUEST'},
  {name: 'a not-after in epoch seconds', args: {notAfter: Date.now() / 1000}, code: 'BAD_REQUEST'},
  {name: 'a not-after that has passed', args: {notAfter: 1}, code: 'NOT_AFTER_PASSED'},
])('$name is refused with $code and locks nothing', async ({args, code}) => {
  const helper = await host.helper()
  expect(await helper.refusal('lock', lockArgs(args))).toBe(code)
  expect(await helper.done('status')).toMatchObject({lock: null, highestToken: 0})
})

test('a request without its end of line was cut off on the way and is not executed', async () => {
  const helper = await host.helper()
  helper.process.stdin?.write(JSON.stringify({id: 1, verb: 'lock', args: lockArgs()}))
  expect(await helper.end()).toBe(0)
  expect(await (await host.helper()).done('status')).toMatchObject({lock: null})
})

test('answers several requests of one write in their order', async () => {
  const helper = await host.helper()
  const [first, second] = await Promise.all([helper.call('lock', lockArgs()), helper.call('status')])
  expect([first.id, second.id]).toEqual([1, 2])
  expect(second.result).toMatchObject({highestToken: 1})
})

test('a caller that stops reading ends the helper quietly', async () => {
  const helper = await host.helper()
  helper.process.stdout?.destroy()
  helper.process.stdin?.write('{"id":1,"verb":"status"}\n')
  expect(await helper.exited).toBe(0)
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends an idle helper', async (signal) => {
  const helper = await host.helper()
  helper.process.kill(signal)
  expect(await helper.exited).toBe(0)
})

test.each([
  {name: 'a data directory that is no absolute path', change: {dataDirectory: 'data'}},
  {name: 'a unit with a path', change: {unit: '../evil.service'}},
  {name: 'a port of text', change: {port: '5432'}},
])('host.json with $name is refused as CONFIG_BAD before anything is touched', async ({change}) => {
  const database = {
    unit: 'postgresql@15-main.service',
    dataDirectory: '/nowhere',
    binDirectory: '/nowhere',
    osUser: 'postgres',
    port: 5432,
    socketDirectory: '/tmp',
  }
  host.configure({schemaVersion: 1, host: 'db1', databases: {main: {...database, ...change}}})
  const helper = await host.helper()
  expect(await helper.refusal('mask', act())).toBe('CONFIG_BAD')
  expect(host.systemctlLog()).toBe('')
})
