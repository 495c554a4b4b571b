import {spawn, type ChildProcess} from 'node:child_process'
import {chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {Duplex} from 'node:stream'
import {setTimeout as sleep} from 'node:timers/promises'

import type {ClientChannel} from 'ssh2'

import {startHelper} from '../../src/lib/drivers/helper/start.ts'
import type {Helper} from '../../src/lib/drivers/helper/types.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {HostFolder, isolated, program, python} from './helper-process.ts'
import {osUser} from './postgres-cluster.ts'

export const hasPsycopg = existsSync('/usr/lib/python3/dist-packages/psycopg2')
if (!hasPsycopg) console.warn('SKIPPED: the outside prober needs python3-psycopg2, which is not installed')

const files = join(packageRoot, 'playbooks/ansible/roles/client/files')

/** A client host: its prober is the real one, its systemd a stand-in. */
export class ClientHost extends HostFolder {
  readonly runs = join(this.path, 'runs')
  readonly #helpers: ChildProcess[] = []

  constructor() {
    super()
    // Where every account can read it.
    cpSync(files, join(this.path, 'program'), {recursive: true})
    mkdirSync(this.runs)
    chmodSync(this.runs, 0o755)
    this.configure({
      schemaVersion: 1,
      host: 'client1',
      prober: {program: join(this.path, 'program/pp-probe'), osUser, folder: this.runs},
    })
  }

  /** A helper as `pp` has it, and its process. */
  async opened(): Promise<{readonly helper: Helper; readonly process: ChildProcess}> {
    const child = spawn(python, [isolated, program, '--root', this.root, '--config', this.config], {
      env: {PATH: `${this.bin}:${process.env.PATH ?? ''}`},
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#helpers.push(child)
    const channel = Object.assign(Duplex.from({readable: child.stdout, writable: child.stdin}), {
      stderr: child.stderr,
      close: () => child.kill(),
    })
    const start = {askedAt: performance.now(), timeoutSeconds: 20}
    return {helper: await startHelper('client1', channel as unknown as ClientChannel, start), process: child}
  }

  /** The process of a run, while it lives. */
  pid(run: string): number | undefined {
    const unit = join(this.path, 'units', `pp-probe-${run}.service.json`)
    if (!existsSync(unit)) return undefined
    const {pid} = JSON.parse(readFileSync(unit, 'utf8')) as {pid: number}
    return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''
      ? pid
      : undefined
  }

  override async remove(): Promise<void> {
    for (const run of readdirSync(this.runs)) {
      const pid = this.pid(run)
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
    }
    for (const child of this.#helpers) child.kill('SIGKILL')
    await super.remove()
  }
}

/** Looks again until it holds. */
export async function until<T>(look: () => Promise<T> | T, holds: (value: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 40_000; ;) {
    const value = await look()
    if (holds(value)) return value
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify([value]).slice(-2000)}`)
    await sleep(50)
  }
}
