// Faults of the pooler, on a host that runs no server: a real PgBouncer of this machine. systemctl is a stand-in.
import {afterAll, beforeAll, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {execFileSync} from 'node:child_process'
import {chmodSync, chownSync, existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {act, HostFolder, type HelperProcess} from './helper-process.ts'
import {freePort} from '../free-port.ts'
import {hasPostgres, osUser, run} from './postgres-cluster.ts'

const hasPgbouncer = existsSync('/usr/sbin/pgbouncer')
if (!hasPgbouncer) console.warn('SKIPPED: faults of a pooler need a real /usr/sbin/pgbouncer')
const suite = hasPostgres && hasPgbouncer && process.getuid?.() === 0 ? describe : describe.skip

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

const unit = `pp-test-${process.pid}-pooler.service`
let host: HostFolder
let helper: HelperProcess
let port: number
let number = 0

suite('a fault of a pooler', () => {
  beforeAll(async () => {
    host = new HostFolder()
    port = await freePort()
    const folder = join(host.path, 'pooler')
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, osUser], {encoding: 'utf8'})),
    )
    const ini = join(folder, 'main.ini')
    writeFileSync(
      ini,
      `[databases]\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir = ${folder}\nauth_type = trust\nauth_file = ${folder}/users\n`,
    )
    writeFileSync(join(folder, 'users'), '"app" ""\n')
    chownSync(ini, uid!, gid!)
    host.unit(unit, {command: ['/usr/sbin/pgbouncer', '-q', ini], user: uid, group: gid})
    host.configure({
      schemaVersion: 1,
      host: 'edge1',
      databases: {},
      poolers: {
        main: {
          targetFile: join(folder, 'targets'),
          osUser,
          port,
          processes: [{name: 'main-1', unit, socketDirectory: folder}],
          entries: [{name: 'app', dbname: 'app'}],
          members: [{host: 'db1', address: '127.0.0.2', port: 5432}],
          guard: {user: 'pp_guard', database: 'postgres', passwordFile: '/nowhere/pgpass'},
        },
      },
    })
    execFileSync(join(host.bin, 'systemctl'), ['start', unit])
    helper = await host.helper()
    await helper.done('raise', {target: 'main', token: 1, operation: 'op-1'})
  })

  afterAll(async () => {
    execFileSync(join(host.bin, 'systemctl'), ['stop', unit])
    await host.remove()
  })

  beforeEach(async () => {
    number++
    for (let look = 0; look < 100 && answer() === 'silent'; look++) await sleep(50)
  })

  /** What its port says to a client: a refusal by the pooler is an answer too. */
  function answer(): string {
    try {
      return run('timeout', [
        '1',
        'psql',
        '-Xw',
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-U',
        'app',
        '-d',
        'none',
      ])
    } catch (error) {
      return String((error as {stderr: unknown}).stderr).includes('no such database') ? 'answers' : 'silent'
    }
  }

  const args = (kind: string) => act({fault: `p-${number}`, kind, expiresSeconds: 600})
  const lift = () => helper.done('lift', {target: 'main', operation: 'op-1', fault: `p-${number}`})

  test.each([
    {kind: 'stop', measured: `${unit} is inactive; none runs`, gone: `${unit} is active`},
    {kind: 'kill', measured: `1 killed; ${unit} is inactive; none runs`, gone: `${unit} is active`},
    {kind: 'freeze', measured: '1 of 1 processes stand still', gone: '0 of 1 processes stand still'},
  ])('$kind silences it, and lifting brings it back', async ({kind, measured, gone}) => {
    expect(answer()).toBe('answers')
    expect(await helper.done('fault', args(kind))).toMatchObject({measured})
    expect(answer()).toBe('silent')
    expect(await lift()).toMatchObject({gone: true, measured: gone})
    for (let look = 0; look < 100 && answer() === 'silent'; look++) await sleep(50)
    expect(answer()).toBe('answers')
  })

  test.each(['disk-full', 'hang-archiver'])('%s is refused where no server runs', async (kind) => {
    expect(await helper.refusal('fault', args(kind))).toMatch(/^FAULT_NO_(DATABASE|ARCHIVER)$/)
  })

  test('one whose unit somebody has masked stays down', async () => {
    await helper.done('fault', args('stop'))
    execFileSync(join(host.bin, 'systemctl'), ['mask', '--runtime', unit])
    expect(await lift()).toMatchObject({gone: true, measured: `${unit} is masked, and left so`})
    expect(answer()).toBe('silent')
    execFileSync(join(host.bin, 'systemctl'), ['unmask', '--runtime', unit])
    execFileSync(join(host.bin, 'systemctl'), ['start', unit])
  })
})
