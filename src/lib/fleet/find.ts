import {existsSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'

import {usageError} from '../errors.ts'
import {configFolder} from '../folders.ts'
import {packageRoot} from '../package-root.ts'

/** The fleet file in force, and what chose it. */
export interface FoundFile {
  readonly file: string
  readonly because: string
}

const fileName = 'fleet.yaml'

/**
 * The flag's file, else the one of `PP_FLEET`, else the nearest `fleet.yaml` above `folder`, else the bundled one.
 *
 * @throws PpError FLEET_NOT_FOUND when the flag or the variable names a file that is not there.
 */
export function findFleetFile(flag: string | undefined, folder: string, env: NodeJS.ProcessEnv): FoundFile {
  if (flag !== undefined) return existing(resolve(folder, flag), 'flag --fleet')
  if (env.PP_FLEET) return existing(resolve(folder, env.PP_FLEET), 'variable PP_FLEET')
  for (let at = resolve(folder); ; at = dirname(at)) {
    const file = join(at, fileName)
    if (existsSync(file)) return {file, because: 'found by walking up'}
    if (dirname(at) === at) return {file: join(packageRoot, fileName), because: 'bundled'}
  }
}

/** The user's own settings, below the project's; it may be absent. */
export function userFleetFile(): string {
  return join(configFolder(), fileName)
}

function existing(file: string, because: string): FoundFile {
  if (existsSync(file)) return {file, because}
  throw usageError('FLEET_NOT_FOUND', {
    message: `There is no fleet file ${file} (${because}).`,
    hint: 'pp config explain --fleet FILE',
  })
}
