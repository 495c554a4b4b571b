import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {inspect} from 'node:util'

import {messageOf} from '../errors.ts'
import {stateFolder} from '../folders.ts'
import {redact} from '../redact.ts'

/** Keeps the trace of an unexpected error, readable by its owner only. Returns the file's path. */
export function writeBugFile(error: unknown): string {
  const folder = join(stateFolder(), 'bugs')
  const file = join(folder, `${new Date().toISOString().replaceAll(':', '')}-${process.pid}.txt`)
  try {
    mkdirSync(folder, {recursive: true, mode: 0o700})
    writeFileSync(file, redact(`node ${process.version}\n${inspect(error, {depth: 4})}\n`), {mode: 0o600})
    return file
  } catch (cause) {
    return `no file (${messageOf(cause)}):\n${redact(inspect(error))}`
  }
}
