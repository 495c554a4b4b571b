import {createHash} from 'node:crypto'
import {mkdir, open, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {inflateSync} from 'node:zlib'

import type {Helper} from '../../drivers/helper/types.ts'
import {refusal} from '../../errors.ts'
import type {Progress} from '../../output/progress.ts'
import {formatSize} from '../../size.ts'
import {formatLsn, lsnBytes, type Lsn} from '../lsn.ts'

/** Most that one answer of the host helper carries. */
const pieceBytes = 512 * 1024

export interface SalvageSource {
  readonly helper: Helper
  readonly host: string
  readonly database: string
  readonly systemIdentifier: string
  readonly timeline: number
  readonly from: Lsn
  readonly segmentBytes: number
}

interface Destination {
  readonly folder: string
  readonly end: Lsn
  /** What becomes summary.json, with the files. */
  readonly document: object
  readonly progress: Progress
}

export interface SalvagedFile {
  readonly name: string
  readonly sha256: string
}

/**
 * Copies whole segments, so that pg_waldump reads them. The folder has its name only when all of it is there.
 *
 * @param isUnchanged asked at the end: a server that was started meanwhile has written over what was read.
 * @throws PpError SALVAGE_CHANGED; nothing is left then.
 */
export async function takeSegments(
  source: SalvageSource,
  {folder, end, document, progress}: Destination,
  isUnchanged: () => Promise<boolean>,
): Promise<readonly SalvagedFile[]> {
  const {segmentBytes, host} = source
  const size = BigInt(segmentBytes)
  const [first, behind] = [lsnBytes(source.from) / size, (lsnBytes(end) + size - 1n) / size]
  const total = Number(behind - first) * segmentBytes
  const part = `${folder}.part`
  // Customers' rows are in it.
  await mkdir(part, {mode: 0o700})
  try {
    progress.start('copy', `copy the WAL of ${host}`)
    const files: SalvagedFile[] = []
    for (let segment = first; segment < behind; segment++) {
      files.push(
        await takeSegment(source, segment, part, (bytes) => {
          const done = Number(segment - first) * segmentBytes + bytes
          progress.detail('copy', `${formatSize(done)} of ${formatSize(total)}`)
        }),
      )
    }
    if (!(await isUnchanged())) throw changed(host)
    await write(join(part, 'SHA256SUMS'), files.map(({name, sha256}) => `${sha256}  ${name}\n`).join(''))
    await write(join(part, 'summary.json'), `${JSON.stringify({...document, files}, undefined, 2)}\n`)
    await rename(part, folder)
    progress.done('copy', `${files.length} segments, ${formatSize(total)}`)
    return files
  } catch (error) {
    await rm(part, {recursive: true, force: true})
    throw error
  }
}

const write = (file: string, text: string) => writeFile(file, text, {mode: 0o600, flush: true})

async function takeSegment(
  {helper, database, systemIdentifier, timeline, segmentBytes}: SalvageSource,
  segment: bigint,
  folder: string,
  tell: (bytes: number) => void,
): Promise<SalvagedFile> {
  const name = segmentName(timeline, segment, segmentBytes)
  const hash = createHash('sha256')
  const file = await open(join(folder, name), 'wx', 0o600)
  try {
    for (let done = 0; done < segmentBytes;) {
      const lsn = formatLsn(segment * BigInt(segmentBytes) + BigInt(done))
      const bytes = Math.min(pieceBytes, segmentBytes - done)
      const piece = await helper.call('wal-read', {
        target: database,
        systemIdentifier,
        timeline,
        lsn,
        bytes,
      })
      const content = inflateSync(Buffer.from(piece.content, 'base64'))
      if (content.length === 0) throw changed(helper.host)
      hash.update(content)
      await file.write(content)
      done += content.length
      tell(done)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return {name, sha256: hash.digest('hex')}
}

/** @see XLogFileName in PostgreSQL's xlog_internal.h */
export function segmentName(timeline: number, segment: bigint, segmentBytes: number): string {
  const perId = 2n ** 32n / BigInt(segmentBytes)
  const hex = (number: bigint) => number.toString(16).toUpperCase().padStart(8, '0')
  return `${hex(BigInt(timeline))}${hex(segment / perId)}${hex(segment % perId)}`
}

const changed = (host: string) =>
  refusal('SALVAGE_CHANGED', {
    message: `The WAL of ${host} has changed while it was read; nothing was kept here.`,
    hint: 'pp db status',
  })
