import {existsSync} from 'node:fs'
import {join} from 'node:path'
import * as z from 'zod/mini'

import {brokenLink, headOf, readableRecords, readLines} from '../../operation/journal.ts'
import {readSeal, sealFile} from '../evidence/seal.ts'
import {hashOfFile} from '../evidence/write.ts'

export type Verified =
  | {readonly isIntact: true; readonly records: number; readonly files: readonly string[]}
  | {
      readonly isIntact: false
      readonly file: string
      /** First line that does not belong there; undefined for a file that is looked at as a whole. */
      readonly line: number | undefined
      readonly why: string
    }

const evidence = z.object({artifacts: z.record(z.string(), z.string())})

/** Holds a run's folder against itself: the chain of its journal, and every artifact against the hash in there. */
export function verifyRun(folder: string): Verified {
  const file = join(folder, 'journal.ndjson')
  if (!existsSync(file)) return broken('journal.ndjson', undefined, 'it is missing')
  const lines = readLines(file)
  const line = brokenLink(lines)
  if (line !== undefined)
    return broken('journal.ndjson', line, 'it does not continue the line before it: one of both was changed')
  const head = readSeal(folder)
  if (head === undefined) return broken(sealFile, undefined, 'it is missing or damaged')
  if (head !== headOf(lines))
    return broken('journal.ndjson', lines.length, 'it is not the record that was sealed')
  const last = readableRecords(lines).at(-1)
  const kept = last?.type === 'evidence' ? evidence.safeParse(last.data) : undefined
  if (!kept?.success)
    return broken('journal.ndjson', lines.length, 'its last record does not name the artifacts')
  const {artifacts} = kept.data
  for (const [name, hash] of Object.entries(artifacts)) {
    if (!existsSync(join(folder, name))) return broken(name, undefined, 'it is missing')
    if (hashOfFile(join(folder, name)) !== hash)
      return broken(name, undefined, 'it is not what the journal has the hash of')
  }
  return {isIntact: true, records: lines.length, files: Object.keys(artifacts)}
}

const broken = (file: string, line: number | undefined, why: string): Verified => ({
  isIntact: false,
  file,
  line,
  why,
})
