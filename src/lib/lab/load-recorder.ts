import type {FileHandle} from 'node:fs/promises'

import {formatEntry, nowMs, type LedgerEntry} from './load-ledger.ts'
import type {LoadProgress} from './load-protocol.ts'

const flushEveryMs = 25

/**
 * The client's ledger: entries are collected in memory and handed to the file in order, a few times a second, so that
 * no client ever waits for the disk. Only what is in the file counts as acknowledged in the verdict.
 */
export class Recorder {
  readonly #file: FileHandle
  readonly #startedMs = nowMs()
  readonly #counts = {acknowledged: 0, failed: 0, unknown: 0}
  #lines: string[] = []
  #writing: Promise<void> = Promise.resolve()
  #lastAckMs: number | undefined
  #longestGapMs = 0
  readonly #timer: NodeJS.Timeout

  constructor(file: FileHandle) {
    this.#file = file
    this.#timer = setInterval(() => void this.flush(), flushEveryMs)
  }

  add(entry: LedgerEntry): void {
    this.#lines.push(formatEntry(entry))
    this.#counts[entry.fate] += 1
    if (entry.fate !== 'acknowledged') return
    if (this.#lastAckMs !== undefined)
      this.#longestGapMs = Math.max(this.#longestGapMs, entry.endedMs - this.#lastAckMs)
    this.#lastAckMs = entry.endedMs
  }

  flush(): Promise<void> {
    const text = this.#lines.join('')
    this.#lines = []
    if (text !== '') this.#writing = this.#writing.then(() => this.#file.appendFile(text))
    return this.#writing
  }

  get progress(): LoadProgress {
    const now = nowMs()
    const quietMs = now - (this.#lastAckMs ?? this.#startedMs)
    return {
      kind: 'progress',
      seconds: (now - this.#startedMs) / 1000,
      ...this.#counts,
      longestGapMs: Math.max(this.#longestGapMs, this.#lastAckMs === undefined ? 0 : quietMs),
      quietMs,
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
    await this.#file.close()
  }
}
