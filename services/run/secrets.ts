import {randomBytes} from 'node:crypto'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'

import {folder} from './places.ts'

/** A secret of this machine's own, made the first time it is asked for. */
export function secret(name: string): string {
  const file = path.join(folder, 'secrets', name)
  mkdirSync(path.dirname(file), {recursive: true, mode: 0o700})
  try {
    writeFileSync(file, randomBytes(32).toString('base64'), {mode: 0o600, flag: 'wx'})
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8')
}
