import {setTimeout as sleep} from 'node:timers/promises'

import {breachOf} from './breach.ts'
import {lookOnce, type Looked} from './looked.ts'
import type {Vantage} from './probes/vantage.ts'
import {isOutside} from './outside.ts'
import type {Drill, SteadyState} from './format/types.ts'

export interface MonitorOptions {
  readonly drill: Drill
  readonly vantage: Vantage
  readonly now: () => number
  /** All that the outside prober has seen so far. */
  readonly outside: () => Promise<readonly Looked[]>
  /** Keeps a look, on disk. */
  readonly keep: (looked: Looked) => void
  /** Whether somebody has pulled the stop lever, and why; undefined where it cannot be known. */
  readonly lever: () => Promise<string | undefined>
}

const leverSeconds = 2
const outsideSeconds = 1

/** Looks at every claim that has to hold `during` a run, and says when the run has to stop. */
export class Monitor {
  readonly #options: MonitorOptions
  readonly #stop = new AbortController()
  /** Looks of each claim since its last good one. */
  readonly #bad = new Map<string, readonly Looked[]>()
  #breach: string | undefined
  #loops: readonly Promise<void>[] = []

  constructor(options: MonitorOptions) {
    this.#options = options
  }

  /** Why the run has to stop: a stop probe that stays bad, or the lever. */
  get breach(): string | undefined {
    return this.#breach
  }

  /** The first reason stays. */
  stopRun(why: string): void {
    this.#breach ??= why
  }

  /** Once; to be told again changes nothing. */
  start(): void {
    if (this.#loops.length > 0) return
    const {drill} = this.#options
    const watched = drill.steadyState.filter(({when}) => when.includes('during'))
    const own = watched.filter(({probe}) => !isOutside(probe))
    this.#loops = [...own.map((claim) => this.#watch(claim)), this.#watchOutside(), this.#watchLever()]
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }

  async #watch(claim: SteadyState): Promise<void> {
    const {vantage, now, keep} = this.#options
    while (!this.#isStopped()) {
      const looked = await lookOnce(claim, vantage, now)
      // What was under way when the run went on to its end says nothing of it.
      if (this.#isStopped()) return
      keep(looked)
      this.#judge(looked)
      await this.#pause(claim.paceSeconds - (now() - looked.from))
    }
  }

  /** These looks are made and kept on the client host; here they are only judged as they come. */
  async #watchOutside(): Promise<void> {
    let seen = 0
    while (!this.#isStopped()) {
      const looks = await this.#options.outside().catch(() => [])
      for (const looked of looks.slice(seen)) this.#judge(looked)
      seen = Math.max(seen, looks.length)
      await this.#pause(outsideSeconds)
    }
  }

  #judge(looked: Looked): void {
    const inARow = looked.state === 'good' ? [] : [...(this.#bad.get(looked.probe) ?? []), looked]
    this.#bad.set(looked.probe, inARow)
    for (const guard of this.#options.drill.guards.stop)
      if (guard.probe === looked.probe) this.#breach ??= breachOf(inARow, guard)
  }

  async #watchLever(): Promise<void> {
    while (!this.#isStopped()) {
      const why = await this.#options.lever().catch(() => undefined)
      if (why !== undefined) this.stopRun(why)
      await this.#pause(leverSeconds)
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #pause(seconds: number): Promise<void> {
    if (seconds <= 0) return
    await sleep(seconds * 1000, undefined, {signal: this.#stop.signal}).catch(() => undefined)
  }
}
