import {cp, glob, mkdir, rm} from 'node:fs/promises'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

import {names, type Name} from '../names.ts'
import {runProgram} from '../../src/lib/drivers/machine/program.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What npm needs to know which packages belong to the services. */
const manifests = ['package.json', 'package-lock.json', '.npmrc', 'services/*/package.json']
/** What of a service runs; `common` is part of each. */
const parts = ['package.json', 'src', 'migrations', 'page/dist']

/** Files that packages are fetched by, from the root of the sources. */
export async function manifestFiles(): Promise<readonly string[]> {
  return (await Array.fromAsync(glob(manifests, {cwd: root}))).sort()
}

/** Parts of an image's sources that are there, from the root of the sources. */
export async function sourceParts(name: Name): Promise<readonly string[]> {
  const wanted = ['common', name].flatMap((service) => parts.map((part) => `services/${service}/${part}`))
  return (await Array.fromAsync(glob(wanted, {cwd: root}))).sort()
}

/**
 * Lays the packages that the lock file names for the services into `folder`/node_modules, the same for all of them: so it is one
 * layer that a node has once, whatever runs there.
 */
export async function layPackages(folder: string): Promise<void> {
  for (const file of await manifestFiles()) await cp(path.join(root, file), path.join(folder, file))
  await runProgram(
    [
      ...([
        'npm',
        'ci',
        '--omit=dev',
        '--ignore-scripts',
        '--prefer-offline',
        '--no-audit',
        '--no-fund',
      ] as const),
      ...['--include-workspace-root=false', ...names.map((name) => `--workspace=@pixelpulse/${name}`)],
    ],
    {cwd: folder},
  )
}

/** Lays the sources of one service into `folder`/services, and nothing else. */
export async function laySources(folder: string, name: Name): Promise<void> {
  await rm(path.join(folder, 'services'), {recursive: true, force: true})
  await mkdir(path.join(folder, 'services'))
  const file = `services/${name}/Containerfile`
  for (const part of [...(await sourceParts(name)), file])
    await cp(path.join(root, part), path.join(folder, part), {recursive: true})
}
