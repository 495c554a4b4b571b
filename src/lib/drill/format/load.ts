import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

import {againWith} from '../../again.ts'
import {messageOf, usageError} from '../../errors.ts'
import {secretsFolder} from '../../fleet/secrets.ts'
import {nearest} from '../../nearest.ts'
import {drillName, parseDrill} from './parse-drill.ts'
import type {Drill} from './types.ts'

/** What drills have to know of the fleet they belong to. */
export interface DrillHome {
  /** Absolute path of the fleet file. */
  readonly file: string
  readonly lab: string | undefined
}

/** Where the drills of a fleet lie: `playbooks/drills/` beside its file. */
export const drillFolder = ({file}: DrillHome): string => join(dirname(file), 'playbooks/drills')

/** Names of all drills in the order of the alphabet, also of those whose file has mistakes. */
export function listDrills(home: DrillHome): readonly string[] {
  const folder = drillFolder(home)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map(drillName)
    .toSorted()
}

/**
 * The drill of that name. Reads its file only.
 *
 * @throws PpError, exit 2: DRILL_UNKNOWN; DRILL_INVALID with every mistake of the file.
 */
export function loadDrill(home: DrillHome, name: string): Drill {
  const names = listDrills(home)
  if (!names.includes(name)) throw unknownDrill(home, name, names)
  const file = join(drillFolder(home), `${name}.yaml`)
  const folder = dirname(home.file)
  return parseDrill({file, bytes: readDrill(file), folder, secrets: secretsFolder(home.lab, folder)})
}

function readDrill(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw usageError('DRILL_INVALID', {
      message: `The drill ${file} cannot be read: ${messageOf(cause)}.`,
      hint: 'Let yourself read that file, then: pp drill list',
      cause,
    })
  }
}

function unknownDrill(home: DrillHome, name: string, names: readonly string[]): Error {
  const suggestion = nearest(name, names)
  return usageError('DRILL_UNKNOWN', {
    message: `There is no drill "${name}" in ${drillFolder(home)}; there are ${names.join(', ') || 'none'}.`,
    hint: suggestion === undefined ? 'pp drill list' : againWith(name, suggestion),
  })
}
