import type {LogLine} from './line.ts'

type Source = AsyncIterator<LogLine, unknown>

/**
 * Merges streams of lines, each in the order of time by itself, into one; more may be added while it runs.
 *
 * No more than one line of each stream is held: the next is asked for once the one before has been given away.
 */
export class TimeMerge {
  readonly #patienceMs: number
  readonly #onFailure: (error: unknown) => void
  readonly #heads = new Map<Source, LogLine>()
  /** Streams that owe a line, and since when. */
  readonly #owing = new Map<Source, number>()
  #isComplete = false
  #wake = Promise.withResolvers<undefined>()

  /**
   * @param patienceMs how long the others wait for a stream that says nothing; Infinity: until it has ended.
   * @param onFailure hears what a stream threw; the others go on.
   */
  constructor(patienceMs: number, onFailure: (error: unknown) => void) {
    this.#patienceMs = patienceMs
    this.#onFailure = onFailure
  }

  add(lines: AsyncIterable<LogLine>): void {
    this.#ask(lines[Symbol.asyncIterator]())
  }

  /** No more streams come: it ends with the last of those that are there. */
  complete(): void {
    this.#isComplete = true
    this.#wake.resolve(undefined)
  }

  async *lines(): AsyncGenerator<LogLine, void, undefined> {
    for (;;) {
      const first = this.#first()
      const patience = this.#patienceLeft()
      if (first && patience <= 0) {
        const [source, line] = first
        this.#heads.delete(source)
        yield line
        this.#ask(source)
      } else if (!first && this.#isComplete && this.#owing.size === 0) return
      else await this.#change(first ? patience : Infinity)
    }
  }

  #ask(source: Source): void {
    this.#owing.set(source, performance.now())
    void source
      .next()
      .then(
        ({done, value}) => {
          if (!done) this.#heads.set(source, value)
        },
        (error: unknown) => this.#onFailure(error),
      )
      .then(() => {
        this.#owing.delete(source)
        this.#wake.resolve(undefined)
      })
  }

  #first(): [Source, LogLine] | undefined {
    let first: [Source, LogLine] | undefined
    for (const head of this.#heads) if (!first || head[1].time < first[1].time) first = head
    return first
  }

  /** How long the stream that was asked last is still waited for; 0: nobody is. */
  #patienceLeft(): number {
    if (this.#owing.size === 0) return 0
    return Math.max(...this.#owing.values()) + this.#patienceMs - performance.now()
  }

  async #change(withinMs: number): Promise<void> {
    const timer = Number.isFinite(withinMs)
      ? setTimeout(() => this.#wake.resolve(undefined), withinMs)
      : undefined
    await this.#wake.promise
    clearTimeout(timer)
    this.#wake = Promise.withResolvers<undefined>()
  }
}
