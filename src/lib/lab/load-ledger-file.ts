import {createReadStream} from 'node:fs'
import {stat} from 'node:fs/promises'

import {LedgerReader, type LedgerEntry} from './load-ledger.ts'

/** A ledger on disk, read again and again while the client program appends to it; only what is new is read. */
export class LedgerFile {
  readonly path: string
  readonly #reader = new LedgerReader()
  #offset = 0

  constructor(path: string) {
    this.path = path
  }

  /** Everything up to now; no entries when the client program has never opened it. */
  async read(): Promise<readonly LedgerEntry[]> {
    const size = await stat(this.path).then(
      ({size}) => size,
      () => 0,
    )
    if (size > this.#offset) {
      // Lines are ASCII, so a piece never ends within a character.
      for await (const piece of createReadStream(this.path, {
        start: this.#offset,
        end: size - 1,
        encoding: 'ascii',
      })) {
        this.#reader.push(String(piece))
      }
      this.#offset = size
    }
    return this.#reader.entries
  }
}
