import {createHash} from 'node:crypto'
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

/** Nothing follows the last record of a journal that would carry its hash: this file does. */
export const sealFile = 'journal.head'

/** With a sum of its own, so that a damaged seal is told from a changed record. */
export function writeSeal(folder: string, head: string): void {
  writeFileSync(join(folder, sealFile), `${head} ${sumOf(head)}\n`, {mode: 0o600, flush: true})
}

/** @returns the head that was sealed; undefined when the file is missing or damaged. */
export function readSeal(folder: string): string | undefined {
  const file = join(folder, sealFile)
  if (!existsSync(file)) return undefined
  const [, head = '', sum] = /^([0-9a-f]{64}) ([0-9a-f]{64})\n$/.exec(readFileSync(file, 'latin1')) ?? []
  return sum === sumOf(head) ? head : undefined
}

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex')
