import {appendFile, mkdir, readFile, writeFile} from 'node:fs/promises'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, expect, test} from '@jest/globals'
import {bundledHelperSha256} from '../../../src/lib/drivers/helper/bundled.ts'
import {HelperLost, HelperRefusal} from '../../../src/lib/drivers/helper/errors.ts'
import type {Helper} from '../../../src/lib/drivers/helper/types.ts'
import {openHost} from '../../../src/lib/drivers/ssh/open-host.ts'
import type {HostConnection} from '../../../src/lib/drivers/ssh/types.ts'
import {packageRoot} from '../../../src/lib/package-root.ts'
import {describeWith} from '../servers/describe-with.ts'
import {removeFolder, temporaryFolder} from '../servers/program.ts'
import {clientFor, hostKeyLine, installProgram, sshdProgram, startSshd, type Sshd} from '../servers/sshd.ts'

const program = join(packageRoot, 'playbooks/ansible/roles/common/files/pp-host')

const refusal = async <E>(work: Promise<unknown>, kind: abstract new (...all: never[]) => E): Promise<E> => {
  try {
    await work
  } catch (error) {
    if (error instanceof kind) return error
    throw error
  }
  throw new Error('it did not fail')
}

describeWith([sshdProgram, '/usr/bin/python3'], 'the host helper through SSH', () => {
  let folder: string
  let server: Sshd
  let connection: HostConnection
  const helpers: Helper[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startSshd(folder)
    const {host, settings, knownHosts} = await clientFor(server, 'db1')
    await appendFile(knownHosts, await hostKeyLine(server, 'ed25519', `[127.0.0.1]:${server.port}`))
    connection = await openHost(host, settings, {connectSeconds: 5})
    await mkdir(join(folder, 'root', 'etc', 'pp'), {recursive: true})
    const config = {schemaVersion: 1, host: 'db1', databases: {}, poolers: {}, voterFor: ['main']}
    await writeFile(join(folder, 'root', 'etc', 'pp', 'host.json'), JSON.stringify(config))
  })

  afterEach(() => {
    for (const helper of helpers.splice(0)) helper.close()
  })

  afterAll(async () => {
    connection.close()
    await server.stop()
    await removeFolder(folder)
  })

  /** Whoever logs in finds this as `sudo`; it gets `-n /usr/local/sbin/pp-host`. */
  const sudo = (text: string): Promise<void> => installProgram(server, 'sudo', `#!/bin/sh\n${text}\n`)
  const real = `[ "$*" = "-n /usr/local/sbin/pp-host" ] && exec python3 -ISB '${program}' --root`

  const open = async (): Promise<Helper> => {
    const helper = await connection.openHelper()
    helpers.push(helper)
    return helper
  }

  const lease = (token: number): Parameters<Helper['call']>[1] & object => ({
    target: 'main',
    token,
    operation: 'op-1',
    owner: 'test',
    operatorHost: 'here',
    operatorBootId: 'boot',
    pid: 1,
    leaseSeconds: 30,
  })

  test('says hello with its version, hash and clock', async () => {
    await sudo(`${real} '${folder}/root'`)
    const helper = await open()
    const sha256 = bundledHelperSha256()
    expect(helper.hello).toMatchObject({host: 'db1', sha256, bootId: expect.stringMatching(/^[0-9a-f]{32}$/)})
  })

  test('answers status, lock, renew, journal and release in shapes that are understood', async () => {
    await sudo(`${real} '${folder}/root'`)
    const helper = await open()
    const status = await helper.call('status', {target: 'main'})
    expect(status).toMatchObject({highestToken: 0, lock: null, database: null, pooler: null, journal: []})
    const granted = await helper.call('lock', lease(7) as never)
    expect(granted).toMatchObject({highestToken: 7, lock: {operation: 'op-1', token: 7, pid: 1}})
    const claim = {target: 'main', token: 7, operation: 'op-1'}
    expect((await helper.call('renew', {...claim, step: 'pause'})).leaseEnd).toBeGreaterThan(
      status.bootSeconds,
    )
    const copied = await helper.call('journal', {
      ...claim,
      append: ['{"n":1}'],
      head: 'abc',
      previousHead: '',
    })
    expect(copied).toEqual({records: 1, head: 'abc'})
    expect((await helper.call('journal-read', {target: 'main', operation: 'op-1'})).lines).toEqual([
      '{"n":1}',
    ])
    await helper.call('release', claim)
    expect((await helper.call('status', {target: 'main'})).lock).toBeNull()
  })

  test('keeps the code and the details of a refusal', async () => {
    await sudo(`${real} '${folder}/root'`)
    const helper = await open()
    const old = await refusal(helper.call('lock', lease(3) as never), HelperRefusal)
    expect(old).toMatchObject({
      code: 'TOKEN_OLD',
      exitCode: 3,
      host: 'db1',
      verb: 'lock',
      details: {highestToken: 7},
    })
    const unknown = await refusal(helper.call('status', {target: 'nobody'}), HelperRefusal)
    expect(unknown.code).toBe('UNKNOWN_TARGET')
  })

  test('reckons a not-after that is never later than asked for, and early by the way there at most', async () => {
    await sudo(`${real} '${folder}/root'`)
    const helper = await open()
    await helper.call('status', {target: 'main'})
    const notAfter = helper.notAfter(5)
    // The helper runs on this machine, so the truth can be read here.
    const now = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0])
    expect(notAfter).toBeLessThanOrEqual(now + 5.02)
    expect(notAfter).toBeGreaterThan(now + 5 - helper.clockUncertaintySeconds - 0.1)
  })

  test('serves many requests at once, each with its own answer', async () => {
    await sudo(`${real} '${folder}/root'`)
    const helper = await open()
    const answers = await Promise.all(
      Array.from({length: 20}, (_, n) => helper.call('journal-read', {target: 'main', operation: `op-${n}`})),
    )
    expect(answers.map(({lines}) => lines.length)).toEqual(answers.map((_, n) => (n === 1 ? 1 : 0)))
  })

  test('is refused with its own code when host.json cannot be read', async () => {
    await sudo(`${real} '${folder}/nothing'`)
    expect((await refusal(connection.openHelper(), HelperRefusal)).code).toBe('CONFIG_BAD')
  })

  test.each([
    ['sudo asks for a password', 'echo "sudo: a password is required" >&2; exit 1', 'HELPER_DENIED'],
    [
      'it is not installed',
      'echo "sudo: /usr/local/sbin/pp-host: command not found" >&2; exit 1',
      'HELPER_MISSING',
    ],
    ['it ends at once', 'exit 3', 'HELPER_GONE'],
    ['it greets with something else', 'echo "Welcome to db1"; cat', 'HELPER_GARBLED'],
  ])('is not opened when %s', async (_, text, code) => {
    await sudo(text)
    await expect(connection.openHelper({timeoutSeconds: 3})).rejects.toMatchObject({code})
  })

  test('is not opened when it does not greet in time', async () => {
    await sudo('exec cat >/dev/null')
    await expect(connection.openHelper({timeoutSeconds: 0.3})).rejects.toMatchObject({
      code: 'HELPER_TIMED_OUT',
    })
  })

  const hello = `echo '{"hello":{"version":"1","sha256":"x","host":"db1","bootSeconds":1.5,"bootId":"b"}}'`

  test('that dies with a request says that it may have been executed, and the next one was not sent', async () => {
    await sudo(`${hello}; read line; exit 0`)
    const helper = await open()
    const lost = await refusal(helper.call('status', {}), HelperLost)
    expect(lost).toMatchObject({code: 'HELPER_GONE', mayHaveRun: true})
    expect(helper.gone.aborted).toBe(true)
    expect(await refusal(helper.call('status', {}), HelperLost)).toMatchObject({
      code: 'HELPER_GONE',
      mayHaveRun: false,
    })
  })

  test.each([
    ['a line that is no JSON', 'echo "Killed"'],
    [
      'an answer without a number',
      `echo '{"id":null,"ok":false,"error":{"code":"BAD_REQUEST","message":"?"}}'`,
    ],
    ['an answer of another shape', `echo '{"id":1,"ok":true,"result":{"lock":"none"}}'`],
  ])('that writes %s is not believed', async (_, text) => {
    await sudo(`${hello}; read line; ${text}; cat >/dev/null`)
    const lost = await refusal((await open()).call('status', {}), HelperLost)
    expect(lost).toMatchObject({code: 'HELPER_GARBLED', mayHaveRun: true})
  })

  test('that answers too late is not waited for; the late answer is dropped and the next one is right', async () => {
    const answer = (id: number, records: number): string =>
      `echo '{"id":${id},"ok":true,"result":{"records":${records},"head":null}}'`
    await sudo(`${hello}; read a; sleep 0.5; ${answer(1, 1)}; read b; ${answer(2, 2)}; cat >/dev/null`)
    const helper = await open()
    const claim = {target: 'main', token: 1, operation: 'o', append: [], head: ''}
    const lost = await refusal(helper.call('journal', claim, {timeoutSeconds: 0.2}), HelperLost)
    expect(lost).toMatchObject({code: 'HELPER_TIMED_OUT', mayHaveRun: true})
    expect(await helper.call('journal', claim)).toMatchObject({records: 2})
  })
})

test('the bundled helper is where the package looks for it', () => {
  expect(existsSync(program)).toBe(true)
})
