const longestLineBytes = 16 * 1024 * 1024

/** Cuts a stream of bytes into lines; a character that is split between two chunks stays whole. */
export class LineReader {
  readonly #onLine: (line: string) => void
  #rest: Buffer[] = []
  #restBytes = 0

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** @returns false when a line is too long to be one. */
  push(chunk: Buffer): boolean {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      this.#onLine(Buffer.concat([...this.#rest, chunk.subarray(start, end)]).toString())
      this.#rest = []
      this.#restBytes = 0
      start = end + 1
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start))
    this.#restBytes += chunk.length - start
    return this.#restBytes <= longestLineBytes
  }
}
