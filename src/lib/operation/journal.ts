import {createHash} from 'node:crypto'
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import * as z from 'zod/mini'

import {messageOf, PpError} from '../errors.ts'
import {parsedJson} from '../parsed-json.ts'
import {redact} from '../redact.ts'

const journalRecord = z.object({
  n: z.int(),
  at: z.string(),
  type: z.string(),
  token: z.int(),
  data: z.unknown(),
  /** sha256 of the line before; empty for the first. */
  previous: z.string(),
})
export type JournalRecord = z.infer<typeof journalRecord>

export type RecordType =
  | 'adopted' // fetched from the voters; what its machine wrote last may be missing before it
  | 'opened' // the resolved intent, who asked, the fleet as read
  | 'locked'
  | 'before' // before-images
  | 'direction'
  | 'step-intent'
  | 'step-done' // with its proof
  | 'step-failed'
  | 'closed'
  | 'evidence' // of a drill: sha256 of what was written about it

/**
 * The append-only record of one operation: NDJSON, each line carrying the hash of the one before.
 *
 * A line is on disk before `append` returns, so an intent is always older than its side effect. The result of a step is
 * there with the next line: writes of clients wait meanwhile, and until then nothing is done that builds on it.
 */
export class Journal {
  readonly id: string
  readonly file: string
  /** Called after each line is on disk; copies to the voters hang on it. */
  onAppend: () => void = () => undefined
  token = 0
  readonly #records: JournalRecord[]
  readonly #lines: string[]
  readonly #descriptor: number
  #bytes: number

  private constructor(folder: string, id: string, lines: readonly string[]) {
    this.id = id
    this.file = join(folder, 'journal.ndjson')
    this.#records = lines.map((line) => parseLine(line, this.file))
    this.#lines = [...lines]
    this.token = this.#records.at(-1)?.token ?? 0
    this.#descriptor = openSync(this.file, 'a', 0o600)
    this.#bytes = fstatSync(this.#descriptor).size
  }

  static create(operationsFolder: string, id: string): Journal {
    const folder = join(operationsFolder, id)
    mkdirSync(folder, {recursive: true, mode: 0o700})
    const journal = new Journal(folder, id, [])
    for (const path of [folder, operationsFolder]) syncFolder(path)
    return journal
  }

  /** @throws PpError JOURNAL_BROKEN when the chain of hashes does not hold, JOURNAL_MISSING. */
  static open(operationsFolder: string, id: string): Journal {
    const folder = join(operationsFolder, id)
    const lines = readLines(join(folder, 'journal.ndjson'))
    const broken = brokenLink(lines)
    if (broken !== undefined) throw journalBroken(join(folder, 'journal.ndjson'), broken)
    // A torn last line must not become the beginning of the next one.
    truncateSync(
      join(folder, 'journal.ndjson'),
      lines.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0),
    )
    return new Journal(folder, id, lines)
  }

  get records(): readonly JournalRecord[] {
    return this.#records
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  get head(): string {
    return headOf(this.#lines)
  }

  /** Head of the chain as it was after so many records. */
  headAt(records: number): string {
    return headOf(this.#lines.slice(0, records))
  }

  append(type: RecordType, data: unknown): void {
    const record = {
      n: this.#records.length,
      at: new Date().toISOString(),
      type,
      token: this.token,
      data,
      previous: this.head,
    }
    const line = redact(JSON.stringify(record))
    // Somebody on this machine has gone on with it while this process was stopped: what follows here is theirs.
    if (fstatSync(this.#descriptor).size !== this.#bytes) throw takenOver(this.id)
    this.#write(`${line}\n`)
    if (type !== 'step-done') fdatasyncSync(this.#descriptor)
    this.#records.push(parseLine(line, this.file))
    this.#lines.push(line)
    this.onAppend()
  }

  /** The whole line or none of it: what is left of half a line would make the next one unreadable. */
  #write(line: string): void {
    const content = Buffer.from(line)
    let written = 0
    try {
      while (written < content.length) written += writeSync(this.#descriptor, content, written)
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#bytes)
      throw unwritable(this.file, this.id, error)
    }
    this.#bytes += content.length
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  /** Forgets an operation that touched nothing. */
  discard(): void {
    const isOurs = fstatSync(this.#descriptor).size === this.#bytes
    closeSync(this.#descriptor)
    if (isOurs) rmSync(dirname(this.file), {recursive: true})
  }
}

/** Complete lines of a journal; a torn last line was never acknowledged, so it does not count. */
export function readLines(file: string): readonly string[] {
  if (!existsSync(file)) {
    throw new PpError('usage', 'JOURNAL_MISSING', {
      message: `There is no journal at ${file}.`,
      hint: 'pp op list',
    })
  }
  return readFileSync(file, 'utf8').split('\n').slice(0, -1)
}

/** The records of a journal as far as its lines can be read, whether or not the chain of hashes holds. */
export function readableRecords(lines: readonly string[]): readonly JournalRecord[] {
  const records = lines.map((line) => journalRecord.safeParse(parsedJson(line)))
  const end = records.findIndex((record) => !record.success)
  return (end === -1 ? records : records.slice(0, end)).flatMap((record) => record.data ?? [])
}

/** Number of the first line that does not carry the hash of the one before; undefined when the chain holds. */
export function brokenLink(lines: readonly string[]): number | undefined {
  const at = lines.findIndex((line, n) => {
    const record = journalRecord.safeParse(parsedJson(line))
    return (
      !record.success ||
      record.data.n !== n ||
      record.data.previous !== headOf(lines.slice(Math.max(0, n - 1), n))
    )
  })
  return at === -1 ? undefined : at + 1
}

export function headOf(lines: readonly string[]): string {
  const last = lines.at(-1)
  return last === undefined ? '' : hash(last)
}

export function parseLine(line: string, file: string): JournalRecord {
  const parsed = journalRecord.safeParse(parsedJson(line))
  if (!parsed.success) throw journalBroken(file, 0)
  return parsed.data
}

const hash = (line: string): string => createHash('sha256').update(line).digest('hex')

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function takenOver(id: string): PpError {
  return new PpError('locked', 'OPERATION_TAKEN_OVER', {
    message: `Another pp on this machine has gone on with operation ${id} meanwhile; this one stops here.`,
    hint: `pp op show ${id}`,
  })
}

function unwritable(file: string, id: string, cause: unknown): PpError {
  return new PpError('human', 'JOURNAL_UNWRITABLE', {
    message: `${file} cannot be written: ${messageOf(cause)}. Nothing is done that is not written down before.`,
    hint: `Make room for it, then: pp op resume ${id}`,
    cause,
  })
}

function journalBroken(file: string, line: number): PpError {
  const id = basename(dirname(file))
  return new PpError('human', 'JOURNAL_BROKEN', {
    message: `${file}:${line} does not continue the line before it: it was edited or damaged.`,
    hint: `pp op verify ${id} compares it with the copies on the voters; pp op show ${id} --manual prints how to finish by hand.`,
  })
}
