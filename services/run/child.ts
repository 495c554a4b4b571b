import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {createWriteStream, mkdirSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {logFile} from './places.ts'

export interface Program {
  readonly name: string
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  /** Asks it to end; what is still there after the grace is killed. */
  readonly stopSignal: NodeJS.Signals
}

/** A program that is started again when it ends by itself, and says so. */
export class Child {
  readonly program: Program
  readonly #say: (line: string) => void
  #process: ChildProcess | undefined
  #isWanted = true
  #pauseMs = 500

  constructor(program: Program, say: (line: string) => void) {
    this.program = program
    this.#say = say
    this.#start()
  }

  #start(): void {
    const {name, argv, env} = this.program
    const [command, ...args] = argv
    mkdirSync(path.dirname(logFile(name)), {recursive: true})
    const log = createWriteStream(logFile(name), {flags: 'a'})
    // A group of its own: Ctrl-C at the terminal comes to us alone, and we end them in order.
    const child = spawn(command, args, {env, stdio: ['ignore', 'pipe', 'pipe'], detached: true})
    // Both go there: the one that ends first must not end it for the other.
    for (const output of [child.stdout, child.stderr]) output.pipe(log, {end: false})
    child.once('error', (error) => log.write(`${error.message}\n`))
    child.once('close', (code, signal) => {
      log.end()
      void this.#ended(code ?? signal)
    })
    this.#process = child
  }

  async #ended(how: number | string | null): Promise<void> {
    this.#process = undefined
    if (!this.#isWanted) return
    const {name} = this.program
    this.#say(`${name} ended (${how ?? 'not started'}); starting it again. Its log: ${logFile(name)}`)
    await sleep(this.#pauseMs, undefined, {ref: false})
    this.#pauseMs = Math.min(this.#pauseMs * 2, 10_000)
    // Stopped during the pause.
    if (this.isWanted()) this.#start()
  }

  private isWanted(): boolean {
    return this.#isWanted
  }

  async stop(graceMs: number): Promise<void> {
    this.#isWanted = false
    const child = this.#process
    if (child?.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'close')
    child.kill(this.program.stopSignal)
    const late = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await ended
    clearTimeout(late)
  }
}
