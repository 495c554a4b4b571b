import {mkdtemp, readFile, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {packageRoot} from '../../src/lib/package-root.ts'

/** The bundled fleet, changed, as a file of its own. @returns its path, for `PP_FLEET`. */
export async function fleetFile(edit: (yaml: string) => string): Promise<string> {
  const bundled = await readFile(join(packageRoot, 'fleet.yaml'), 'utf8')
  const file = join(await mkdtemp(join(tmpdir(), 'pp-')), 'fleet.yaml')
  await writeFile(
    file,
    edit(
      bundled
        .replaceAll('bin/lab-bmc', join(packageRoot, 'bin/lab-bmc'))
        .replaceAll('playbooks/', join(packageRoot, 'playbooks/')),
    ),
  )
  return file
}
