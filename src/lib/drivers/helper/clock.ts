/**
 * The host's CLOCK_BOOTTIME as far as it can be known here: a value it certainly has reached.
 *
 * A line that carries the host's clock was written before it arrived, so "that value, plus what has passed here since
 * it arrived" is never ahead of the host. A not-after made from it is early by at most the line's way here, never late.
 * Of several lines the one that came fastest is kept. After a minute a newer one replaces it, since clocks drift.
 */
export class BootClock {
  readonly #now: () => number
  #offset = Number.NEGATIVE_INFINITY
  #takenAt = Number.NEGATIVE_INFINITY
  #uncertainty = Number.POSITIVE_INFINITY

  /** @param now seconds of this machine's monotonic clock. */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now
  }

  /** @param askedAt when the question was sent, in seconds of the same clock. */
  learn(bootSeconds: number, askedAt: number): void {
    const arrivedAt = this.#now()
    const offset = bootSeconds - arrivedAt
    if (offset <= this.#offset && arrivedAt - this.#takenAt < 60) return
    this.#offset = offset
    this.#takenAt = arrivedAt
    this.#uncertainty = arrivedAt - askedAt
  }

  /** The host's clock shows at least this now. */
  get seconds(): number {
    return this.#now() + this.#offset
  }

  /** It shows at most this much more. */
  get uncertaintySeconds(): number {
    return this.#uncertainty
  }
}
