import {execFileSync, spawn, type ChildProcess, type ExecFileSyncOptions} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {freePort} from '../free-port.ts'
import type {HostFolder} from './helper-process.ts'

export const binDirectory = newest('/usr/lib/postgresql')

function newest(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  const versions = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'bin/postgres')))
  return versions.length > 0
    ? join(folder, versions.sort((a, b) => Number(b) - Number(a))[0] ?? '', 'bin')
    : undefined
}

/** PostgreSQL refuses to run as root: then the distribution's account is used. */
export const osUser =
  process.getuid?.() === 0 ? 'postgres' : execFileSync('id', ['-un'], {encoding: 'utf8'}).trim()
const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, osUser], {encoding: 'utf8'})))
const asUser = process.getuid?.() === 0 ? {uid, gid} : {}

export function run(program: string, args: readonly string[], options: ExecFileSyncOptions = {}): string {
  return execFileSync(program, args, {
    ...asUser,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    ...options,
  }) as string
}

/** A real server of this machine in a temporary folder; the stand-in systemctl starts and stops it as a unit. */
export class Cluster {
  readonly data: string
  readonly unit: string
  readonly host: HostFolder
  readonly name: string
  readonly port: number

  constructor(host: HostFolder, name: string, port: number, data = join(host.path, `data-${name}`)) {
    this.host = host
    this.name = name
    this.port = port
    // A name of this test alone: the helper fences a whole unit, and a lab's hosts run postgresql@15-main.service here.
    this.unit = `pp-test-${process.pid}-${name}.service`
    this.data = data
    mkdirSync(this.data, {mode: 0o700})
    if (uid !== undefined && gid !== undefined && process.getuid?.() === 0) chownSync(this.data, uid, gid)
    this.register()
  }

  register(changes: object = {}): void {
    const command = [`${binDirectory}/postgres`, '-D', this.data]
    const user = process.getuid?.() === 0 ? {user: uid, group: gid} : {}
    this.host.unit(this.unit, {
      command,
      pidFile: join(this.data, 'postmaster.pid'),
      restart: 'on-failure',
      ...user,
      ...changes,
    })
  }

  initialize(settings = ''): void {
    run(`${binDirectory}/initdb`, [
      '-D',
      this.data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-k',
      '--no-sync',
      '--no-instructions',
    ])
    this.configure(`wal_level = replica\nmax_wal_size = 128MB\n${settings}`)
  }

  configure(settings: string): void {
    const socket = join(this.host.path, 'sockets')
    mkdirSync(socket, {recursive: true})
    chmodSync(socket, 0o777)
    writeFileSync(
      join(this.data, 'postgresql.auto.conf'),
      `port = ${this.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '${socket}'\nshared_buffers = 16MB\nfsync = on\ncluster_name = '${this.name}'\nlog_min_messages = log\n${settings}\n`,
    )
  }

  /** A standby of `primary`, made from its base backup. */
  follow(primary: Cluster): void {
    run(`${binDirectory}/pg_basebackup`, [
      '-D',
      this.data,
      '-h',
      '127.0.0.1',
      '-p',
      String(primary.port),
      '-U',
      'postgres',
      '-c',
      'fast',
      '-X',
      'stream',
    ])
    this.configure(
      `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres'\nwal_retrieve_retry_interval = '5s'`,
    )
    run('touch', [join(this.data, 'standby.signal')])
  }

  start(): void {
    const log = join(this.data, 'server.log')
    try {
      // It would hold pipes for as long as it runs.
      run(`${binDirectory}/pg_ctl`, ['-D', this.data, '-w', '-l', log, 'start'], {stdio: 'ignore'})
    } catch (error) {
      throw new Error(readFileSync(log, 'utf8'), {cause: error})
    }
  }

  /** Where WAL of a position lies, in segments of 16 MiB. */
  segment(lsn: string, timeline = 1): {readonly path: string; readonly offset: number} {
    const [high = 0, low = 0] = lsn.split('/').map((part) => Number.parseInt(part, 16))
    const name = [timeline, high, Math.floor(low / 2 ** 24)].map((part) =>
      part.toString(16).toUpperCase().padStart(8, '0'),
    )
    return {path: join(this.data, 'pg_wal', name.join('')), offset: low % 2 ** 24}
  }

  /** What a damaged disk gives back instead of WAL. */
  blank(lsn: string, bytes: number): void {
    const {path, offset} = this.segment(lsn)
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.alloc(bytes), 0, bytes, offset)
    closeSync(file)
  }

  kill(): void {
    try {
      run(`${binDirectory}/pg_ctl`, ['-D', this.data, '-m', 'immediate', '-w', 'stop'], {stdio: 'ignore'})
    } catch {
      // It was not running.
    }
  }

  sql(text: string): string {
    return run(`${binDirectory}/psql`, this.#asks('-At', text)).trim()
  }

  /** A client that keeps its session for a minute. */
  sleeper(): ChildProcess {
    return spawn(`${binDirectory}/psql`, this.#asks('-q', 'select pg_sleep(60)'), {stdio: 'ignore'})
  }

  #asks(form: string, text: string): string[] {
    const port = String(this.port)
    return ['-Xqw', form, '-h', '127.0.0.1', '-p', port, '-U', 'postgres', '-d', 'postgres', '-c', text]
  }

  /** Waits until it takes connections: a start without blocking returns before. */
  async answers(): Promise<void> {
    for (let look = 0; look < 200; look++) {
      try {
        this.sql('select 1')
        return
      } catch {
        await sleep(50)
      }
    }
    throw new Error(`${this.name} does not answer`)
  }

  has(name: string): boolean {
    return existsSync(join(this.data, name))
  }

  identifier(): string {
    return this.control('Database system identifier')
  }

  control(line: string): string {
    const output = run(`${binDirectory}/pg_controldata`, ['-D', this.data], {env: {LC_ALL: 'C'}})
    return (
      output
        .split('\n')
        .find((text) => text.startsWith(`${line}:`))
        ?.slice(line.length + 1)
        .trim() ?? ''
    )
  }

  config() {
    return {
      unit: this.unit,
      dataDirectory: this.data,
      binDirectory,
      osUser,
      port: this.port,
      socketDirectory: join(this.host.path, 'sockets'),
    }
  }
}

/** True when this machine has a server to try things on; says so loudly when it has none. */
export const hasPostgres = binDirectory !== undefined
if (!hasPostgres) console.warn('SKIPPED: tests on a real PostgreSQL need /usr/lib/postgresql/*/bin/postgres')

/** A primary with the table `sent`, and a standby that follows it; both run. */
export async function primaryAndStandby(host: HostFolder): Promise<[Cluster, Cluster]> {
  const primary = new Cluster(host, 'main', await freePort())
  const standby = new Cluster(host, 'second', await freePort())
  primary.initialize()
  primary.start()
  primary.sql('create table sent (n int)')
  standby.follow(primary)
  standby.start()
  return [primary, standby]
}
