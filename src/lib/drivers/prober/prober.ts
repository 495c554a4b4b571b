import {refusal} from '../../errors.ts'
import type {Helper} from '../helper/types.ts'
import {lookLine, markerLine, ProberLines} from './lines.ts'
import type {Look, Marker, ProberClocks, ProberConfig} from './types.ts'

/** Everything up to now. */
export interface Seen {
  readonly markers: readonly Marker[]
  readonly looks: readonly Look[]
  /** False: nothing will be added. */
  readonly isRunning: boolean
  /** Why it ended, in its own words; undefined while it runs, and where it was killed. */
  readonly ended: string | undefined
}

/** The outside prober of one run, through the helper of its client host. It runs on when this, or that helper, is gone. */
export interface Prober {
  readonly run: string
  readonly clocks: ProberClocks
  /** Reads what is new. @throws PpError PROBER_GARBLED, HELPER_*, PROBER_UNKNOWN. */
  read(): Promise<Seen>
  /** This moment in the prober's clock at the earliest; it is later by at most `uncertaintySeconds`. */
  now(): {readonly seconds: number; readonly uncertaintySeconds: number}
  /** Returns when it is proved dead, after the rows that were under way have ended. May be repeated. */
  stop(): Promise<void>
  /** Removes what it has written on the client host. @throws HelperRefusal PROBER_RUNS. */
  clear(): Promise<void>
}

/**
 * Starts it, and returns once it has begun; one that runs for this run already is taken as it is.
 *
 * @throws HelperRefusal NO_PROBER, PROBER_ENDED, PROBER_FAILED, PROBER_TOO_MANY.
 */
export async function startProber(helper: Helper, config: ProberConfig): Promise<Prober> {
  await helper.call('prober-start', config, {timeoutSeconds: 60})
  return attachProber(helper, config.run)
}

/** Finds the prober of a run again, also one that has ended. @throws HelperRefusal PROBER_UNKNOWN, NO_PROBER. */
export async function attachProber(helper: Helper, run: string): Promise<Prober> {
  const prober = new AttachedProber(helper, run)
  await prober.read()
  prober.requireFirstLine()
  return prober
}

const pieceBytes = 256 * 1024

class AttachedProber implements Prober {
  readonly run: string
  readonly #helper: Helper
  readonly #markers = new ProberFile('markers', markerLine)
  readonly #looks = new ProberFile('probes', lookLine)
  #reading: Promise<unknown> = Promise.resolve()

  constructor(helper: Helper, run: string) {
    this.#helper = helper
    this.run = run
  }

  get clocks(): ProberClocks {
    return this.requireFirstLine()
  }

  /** A host that lost its power right after the start may have kept an empty file. */
  requireFirstLine(): ProberClocks {
    const {first} = this.#markers.lines
    if (first === undefined)
      throw refusal('PROBER_UNKNOWN', {
        message: `The prober of ${this.run} on ${this.#helper.host} has never begun.`,
        hint: 'pp explain PROBER_UNKNOWN',
      })
    return first
  }

  read(): Promise<Seen> {
    // One after the other, or two readers would take the same piece twice.
    const seen = this.#reading.then(() => this.#readNow())
    this.#reading = seen.catch(() => undefined)
    return seen
  }

  now(): {readonly seconds: number; readonly uncertaintySeconds: number} {
    const {monotonic, boottime} = this.clocks
    return {
      seconds: this.#helper.notAfter(0) - boottime + monotonic,
      uncertaintySeconds: this.#helper.clockUncertaintySeconds,
    }
  }

  async stop(): Promise<void> {
    await this.#helper.call('prober-stop', {run: this.run}, {timeoutSeconds: 30})
  }

  async clear(): Promise<void> {
    await this.#helper.call('prober-clear', {run: this.run})
  }

  async #readNow(): Promise<Seen> {
    const isRunning = await this.#markers.read(this.#helper, this.run)
    // Read last: when it does not run any more, these were its last looks.
    await this.#looks.read(this.#helper, this.run)
    const {entries: markers, ended} = this.#markers.lines
    return {markers: [...markers], looks: [...this.#looks.lines.entries], isRunning, ended}
  }
}

/** One of its files on the client host, which grows while it runs. */
class ProberFile<T> {
  readonly lines: ProberLines<T>
  readonly #file: 'markers' | 'probes'
  #offset = 0

  constructor(file: 'markers' | 'probes', entry: ConstructorParameters<typeof ProberLines<T>>[1]) {
    this.#file = file
    this.lines = new ProberLines(file, entry)
  }

  /** To the end of what is there. @returns whether more may come. */
  async read(helper: Helper, run: string): Promise<boolean> {
    for (;;) {
      const place = {run, file: this.#file, offset: this.#offset, bytes: pieceBytes}
      const {content, offset, running} = await helper.call('prober-read', place)
      const isLast = offset - this.#offset < pieceBytes
      this.#offset = offset
      this.lines.push(content)
      if (isLast) return running
    }
  }
}
