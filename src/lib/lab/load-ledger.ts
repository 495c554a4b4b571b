import type {Fate} from '../drivers/application/fate.ts'

/** One line of a client's ledger. Times are milliseconds of the machine's monotonic clock, the same in every process. */
export interface LedgerEntry {
  readonly writer: string
  readonly n: number
  readonly fate: Fate
  /** When the client wanted to write. */
  readonly startedMs: number
  readonly endedMs: number
  /** SQLSTATE, system error or our own word, for all but `acknowledged`. */
  readonly code?: string
}

const letters = {acknowledged: 'a', failed: 'f', unknown: 'u'} as const satisfies Record<Fate, string>
const fates = new Map<string, Fate>([
  ['a', 'acknowledged'],
  ['f', 'failed'],
  ['u', 'unknown'],
])

/** Milliseconds of CLOCK_MONOTONIC: comparable between the client program and whoever started it. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

export function formatEntry({writer, n, fate, startedMs, endedMs, code}: LedgerEntry): string {
  return `${letters[fate]}\t${writer}\t${n}\t${startedMs.toFixed(3)}\t${endedMs.toFixed(3)}\t${code ?? ''}\n`
}

/** Reads a ledger that may still be growing, piece by piece; a line without its end waits for the next piece. */
export class LedgerReader {
  #rest = ''
  readonly entries: LedgerEntry[] = []

  push(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.entries.push(parseEntry(line))
  }
}

function parseEntry(line: string): LedgerEntry {
  const [letter = '', writer, n, started, ended, code] = line.split('\t')
  const fate = fates.get(letter)
  const times = [Number(n), Number(started), Number(ended)]
  if (fate === undefined || writer === undefined || times.some(Number.isNaN)) {
    throw new Error(`Not a line of a ledger: ${JSON.stringify(line)}`)
  }
  const entry = {writer, n: Number(n), fate, startedMs: Number(started), endedMs: Number(ended)}
  return code ? {...entry, code} : entry
}
