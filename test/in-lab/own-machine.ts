import {mkdir, mkdtemp, symlink} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

import {stateFolder} from '../../src/lib/folders.ts'

/** A state folder that has the lab and no journals, as another operator's machine. */
export async function ownMachine(): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'pp-')), 'pp')
  await mkdir(folder)
  await symlink(join(stateFolder(), 'labs'), join(folder, 'labs'))
  return dirname(folder)
}
