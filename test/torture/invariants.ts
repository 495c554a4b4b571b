export interface Acknowledged {
  readonly host: string
  readonly begun: number
  readonly acknowledged: number
  readonly timeline: number
}

/**
 * Never two members that both acknowledge writes: a timeline belongs to one member, and once a write was acknowledged on
 * it, none that begins later is acknowledged on an older one. Lines of different hosts may arrive in any order.
 */
export class TimelineWatch {
  readonly #owners = new Map<number, {host: string; first: number}>()
  /** By timeline, the write acknowledged there that began last. */
  readonly #latest = new Map<number, Acknowledged>()
  readonly violations: string[] = []
  count = 0

  add(write: Acknowledged): void {
    this.count++
    const {host, timeline, acknowledged, begun} = write
    const owner = this.#owners.get(timeline)
    if (owner && owner.host !== host)
      this.#found(`${owner.host} and ${host} both acknowledge writes on timeline ${timeline}`)
    if (!owner || acknowledged < owner.first) this.#owners.set(timeline, {host, first: acknowledged})
    if (begun > (this.#latest.get(timeline)?.begun ?? -Infinity)) this.#latest.set(timeline, write)
    for (const [newer, {host: other, first}] of this.#owners) {
      for (const [older, late] of this.#latest) {
        if (newer > older && late.begun > first) {
          const ms = Math.round((late.begun - first) * 1000)
          this.#found(
            `${late.host} acknowledged a write on timeline ${older} that began ${ms} ms after ${other} had acknowledged one on timeline ${newer}`,
          )
        }
      }
    }
  }

  forget(): void {
    this.#owners.clear()
    this.#latest.clear()
  }

  #found(violation: string): void {
    if (!this.violations.includes(violation)) this.violations.push(violation)
  }
}

/** Looks further apart than this say nothing about the time between: the host stood still. */
const seamlessSeconds = 2

/** No pooler stays paused past the guards' hard limit. */
export class PauseWatch {
  readonly #limitSeconds: number
  readonly #since = new Map<string, number>()
  readonly #lastLook = new Map<string, number>()
  readonly violations: string[] = []
  count = 0

  constructor(limitSeconds: number) {
    this.#limitSeconds = limitSeconds
  }

  add(host: string, at: number, paused: readonly string[]): void {
    this.count++
    const hadGap = at - (this.#lastLook.get(host) ?? -Infinity) > seamlessSeconds
    this.#lastLook.set(host, at)
    for (const [key] of this.#since)
      if (key.startsWith(`${host} `) && (hadGap || !paused.includes(key.slice(host.length + 1))))
        this.#since.delete(key)
    for (const path of paused) {
      const key = `${host} ${path}`
      const since = this.#since.get(key) ?? at
      this.#since.set(key, since)
      if (at - since > this.#limitSeconds) {
        const violation = `${key} is paused for more than ${this.#limitSeconds} s`
        if (!this.violations.includes(violation)) this.violations.push(violation)
      }
    }
  }
}
