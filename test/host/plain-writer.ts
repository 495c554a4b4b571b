import {setTimeout as sleep} from 'node:timers/promises'

import pg from 'pg'

/** Seconds of CLOCK_MONOTONIC: the clock of the prober. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e9

/** The simplest client there is: one row after the other, connects again when it has to, and knows when it was answered. */
export class PlainWriter {
  readonly acknowledged: number[] = []
  readonly #config: pg.ClientConfig
  #isStopped = false
  #ended: Promise<void> = Promise.resolve()

  constructor(config: pg.ClientConfig) {
    this.#config = config
    this.#ended = this.#write()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ended
  }

  /** The longest time between two answers. */
  gap(): {readonly from: number; readonly to: number} {
    const gaps = this.acknowledged.slice(1).map((to, index) => ({from: this.acknowledged[index] ?? to, to}))
    return gaps.reduce((longest, one) => (one.to - one.from > longest.to - longest.from ? one : longest))
  }

  async #write(): Promise<void> {
    let client: pg.Client | undefined
    for (let n = 1; !this.#isStopped; n++) {
      try {
        client ??= await this.#connected()
        await client.query('insert into pp.probe (writer, n) values ($1, $2)', ['plain', n])
        this.acknowledged.push(monotonic())
      } catch {
        void client?.end().catch(() => undefined)
        client = undefined
      }
      await sleep(10)
    }
    await client?.end().catch(() => undefined)
  }

  async #connected(): Promise<pg.Client> {
    const client = new pg.Client({...this.#config, connectionTimeoutMillis: 1000, query_timeout: 5000})
    client.on('error', () => undefined)
    await client.connect()
    return client
  }
}
