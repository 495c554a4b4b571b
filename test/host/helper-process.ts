import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'

/** The program under test, run by the Python of the distribution and in its isolation, as on a host. */
export const program = join(import.meta.dirname, '../../playbooks/ansible/roles/common/files/pp-host')
export const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'
export const isolated = '-ISB'

export interface Answer {
  readonly id: number | string | null
  readonly ok: boolean
  readonly result: Record<string, unknown>
  readonly error: {readonly code: string; readonly message: string; readonly details: Record<string, unknown>}
}

/** One host made of a temporary folder: the helper's files below `root`, host.json, and stand-ins for systemd on PATH. */
export class HostFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'pp-host-test-'))
  readonly root = join(this.path, 'root')
  readonly bin = join(this.path, 'bin')
  readonly config = join(this.path, 'host.json')
  /** What starts its programs: nsenter for a host with a network of its own. */
  within: readonly string[] = []
  private readonly helpers: HelperProcess[] = []

  constructor(config: object = voterOnly) {
    chmodSync(this.path, 0o755)
    cpSync(join(import.meta.dirname, 'fixtures/bin'), this.bin, {recursive: true})
    mkdirSync(join(this.path, 'units'))
    mkdirSync(this.root, {mode: 0o755})
    this.configure(config)
  }

  configure(config: object): void {
    writeFileSync(this.config, JSON.stringify(config))
  }

  unit(name: string, state: object): void {
    writeFileSync(join(this.path, 'units', `${name}.json`), JSON.stringify(state))
  }

  /** Path of one of the helper's own files. */
  state(path: string): string {
    return join(this.root, 'var/lib/pp', path)
  }

  read(path: string): string {
    return readFileSync(path, 'utf8')
  }

  /** Everything the helper keeps, to show that a refusal has changed nothing. */
  systemctlLog(): string {
    const log = join(this.path, 'systemctl.log')
    return existsSync(log) ? readFileSync(log, 'utf8') : ''
  }

  async helper(): Promise<HelperProcess> {
    const helper = new HelperProcess(this)
    this.helpers.push(helper)
    await helper.hello
    return helper
  }

  /** How the program is started, with these words after it. */
  command(...words: readonly string[]): {
    readonly argv: readonly [string, ...string[]]
    readonly env: NodeJS.ProcessEnv
  } {
    const {root, config, bin} = this
    const [first, ...rest] = [
      ...this.within,
      python,
      isolated,
      program,
      '--root',
      root,
      '--config',
      config,
      ...words,
    ]
    return {argv: [first!, ...rest], env: {PATH: `${bin}:${process.env.PATH ?? ''}`}}
  }

  /** Runs it to its end, as systemd does. @returns its exit status and what it complained about. */
  run(...words: readonly string[]): {readonly status: number | null; readonly stderr: string} {
    const {argv, env} = this.command(...words)
    const [first, ...rest] = argv
    return spawnSync(first, rest, {env, encoding: 'utf8'})
  }

  /** Ends the stand-ins for timers that have not fired yet. */
  endTimers(): void {
    for (const name of readdirSync(join(this.path, 'units')).filter((file) => file.endsWith('.timer.json'))) {
      const {pid} = JSON.parse(this.read(join(this.path, 'units', name))) as {pid: number}
      try {
        if (pid > 1) process.kill(pid, 'SIGKILL')
      } catch {
        // It fires at this moment.
      }
    }
  }

  /** What a power cut leaves: the disk, but nothing on tmpfs, and no timer. */
  reboot(): void {
    this.endTimers()
    rmSync(join(this.root, 'run'), {recursive: true, force: true})
  }

  async remove(): Promise<void> {
    await Promise.all(this.helpers.map((helper) => helper.end()))
    this.endTimers()
    // A timer that has fired may still write its last line.
    rmSync(this.path, {recursive: true, force: true, maxRetries: 10, retryDelay: 100})
  }
}

export const voterOnly = {schemaVersion: 1, host: 'voter1', databases: {}, poolers: {}, voterFor: ['main']}

/** A running helper and its line protocol. */
export class HelperProcess {
  readonly process: ChildProcess
  readonly hello: Promise<Record<string, unknown>>
  readonly exited: Promise<number | null>
  private readonly waiting: ((answer: Answer) => void)[] = []
  private next = 1

  constructor(host: HostFolder) {
    const {argv, env} = host.command()
    const [first, ...rest] = argv
    this.process = spawn(first, rest, {env, stdio: ['pipe', 'pipe', 'inherit']})
    this.exited = new Promise((resolve) => this.process.once('exit', resolve))
    const {promise, resolve} = Promise.withResolvers<Record<string, unknown>>()
    this.hello = promise
    if (!this.process.stdout) throw new Error('no stdout')
    createInterface({input: this.process.stdout}).on('line', (line) => {
      const message = JSON.parse(line) as Answer & {hello?: Record<string, unknown>}
      if (message.hello) resolve(message.hello)
      else this.waiting.shift()?.(message)
    })
  }

  /** Sends text as it is and waits for one answer. */
  raw(line: string): Promise<Answer> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      this.process.stdin?.write(line)
    })
  }

  call(verb: string, args: object = {}): Promise<Answer> {
    return this.raw(`${JSON.stringify({id: this.next++, verb, args})}\n`)
  }

  /** The result, or a thrown error that names the refusal. */
  async done(verb: string, args: object = {}): Promise<Record<string, unknown>> {
    const answer = await this.call(verb, args)
    if (!answer.ok) throw new Error(`${verb}: ${answer.error.code} ${answer.error.message}`)
    return answer.result
  }

  async refusal(verb: string, args: object = {}): Promise<string> {
    const answer = await this.call(verb, args)
    return answer.ok ? 'done' : answer.error.code
  }

  async end(): Promise<number | null> {
    this.process.stdin?.end()
    return this.exited
  }
}

/** CLOCK_BOOTTIME of this machine, seconds. The kernel's uptime includes time asleep. */
export function bootSeconds(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
}

/** Arguments of a lock request; spell out only what the test is about. */
export function lockArgs(changes: object = {}): Record<string, unknown> {
  return {
    target: 'main',
    token: 1,
    operation: 'op-1',
    owner: 'ann@laptop',
    operatorHost: 'laptop',
    operatorBootId: 'boot-1',
    pid: 4711,
    leaseSeconds: 30,
    ...changes,
  }
}

export function act(changes: object = {}): Record<string, unknown> {
  return {target: 'main', token: 1, operation: 'op-1', notAfter: bootSeconds() + 30, ...changes}
}
