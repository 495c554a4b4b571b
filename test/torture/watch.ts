import {spawn, type ChildProcess} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import {inHost, insideArguments} from '../../src/lib/lab/inside.ts'
import {labPlace} from '../../src/lib/lab/load-place.ts'
import {isPowered} from '../../src/lib/lab/power.ts'
import {findHost, requireRecord} from '../../src/lib/lab/state.ts'
import {PauseWatch, TimelineWatch} from './invariants.ts'

const program = readFileSync(new URL('watch-program.py', import.meta.url), 'utf8')
const written = z.object({begun: z.number(), acknowledged: z.number(), timeline: z.number()})
const looked = z.object({at: z.number(), paused: z.array(z.string())})

/** What must never be, looked for all the time from inside the hosts: no cut and no operator's view is in the way. */
export class Watch {
  readonly #lab: string
  readonly #writes = new TimelineWatch()
  readonly #pauses: PauseWatch
  readonly #children = new Set<ChildProcess>()
  #isOver = false

  constructor(lab: string, hardLimitSeconds: number) {
    this.#lab = lab
    this.#pauses = new PauseWatch(hardLimitSeconds)
  }

  async start(): Promise<void> {
    const {login} = await labPlace(this.#lab)
    for (const host of ['db1', 'db2', 'db3']) {
      const here = {host: '127.0.0.1', user: login.user, password: login.password, dbname: login.database}
      const order = {do: 'write', writer: `watch-${host}`, login: here}
      void this.#keep(host, order, (line) => {
        this.#writes.add({host, ...written.parse(line)})
      })
    }
    for (const host of ['edge1', 'edge2']) {
      void this.#keep(host, await this.#poolerAccount(host), (line) => {
        const {at, paused} = looked.parse(line)
        this.#pauses.add(host, at, paused)
      })
    }
  }

  /** What was seen that must never be. */
  get violations(): readonly string[] {
    return [...this.#writes.violations, ...this.#pauses.violations]
  }

  /** The lab was made anew: its timelines begin again. */
  forget(): void {
    this.#writes.forget()
  }

  get acknowledged(): number {
    return this.#writes.count
  }

  get looks(): number {
    return this.#pauses.count
  }

  stop(): void {
    this.#isOver = true
    for (const child of this.#children) child.stdin?.end()
  }

  /** The console lets in whoever runs it. */
  async #poolerAccount(host: string): Promise<object> {
    const {stdout} = await inHost(this.#lab, host, ['id', '-u', 'postgres'])
    const group = await inHost(this.#lab, host, ['id', '-g', 'postgres'])
    return {do: 'look', uid: Number(stdout), gid: Number(group.stdout)}
  }

  /** Runs the program in a host for as long as the watch lasts; again after each boot. */
  async #keep(host: string, order: object, heard: (line: unknown) => void): Promise<void> {
    while (!this.#isOver) {
      const {init} = findHost(await requireRecord(this.#lab), host)
      if (init && (await isPowered(findHost(await requireRecord(this.#lab), host))))
        await this.#run(init.pid, order, heard)
      await sleep(1000)
    }
  }

  #run(init: number, order: object, heard: (line: unknown) => void): Promise<void> {
    const [nsenter, ...args] = insideArguments(init, ['python3', '-c', program])
    const child = spawn(nsenter, args, {stdio: ['pipe', 'pipe', 'ignore']})
    this.#children.add(child)
    child.stdin.on('error', () => undefined)
    child.stdin.write(`${JSON.stringify(order)}\n`)
    createInterface({input: child.stdout}).on('line', (line) => {
      heard(JSON.parse(line))
    })
    return new Promise((resolve) => {
      child.once('close', () => {
        this.#children.delete(child)
        resolve()
      })
      child.once('error', () => {
        resolve()
      })
    })
  }
}
