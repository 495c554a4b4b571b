import {mkdir, mkdtemp, readdir, symlink} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {labFolder} from '../../src/lib/fleet/lab-state.ts'
import {lab} from './name.ts'

/** A state folder that has the lab and no journals, as another operator's machine. */
export async function ownMachine(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'pp-'))
  const folder = join(home, 'pp/labs', lab)
  await mkdir(folder, {recursive: true})
  const entries = (await readdir(labFolder(lab))).filter((entry) => entry !== 'fleets')
  await Promise.all(entries.map((entry) => symlink(join(labFolder(lab), entry), join(folder, entry))))
  return home
}
