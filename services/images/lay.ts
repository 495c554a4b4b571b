import {existsSync} from 'node:fs'
import {cp, glob, mkdir, rm} from 'node:fs/promises'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

import {names} from '../names.ts'
import {runProgram} from '../../src/lib/drivers/machine/program.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What npm needs to know which packages belong to the services. */
const manifests = ['package.json', 'package-lock.json', '.npmrc', 'services/*/package.json']
/** What images there are: of each service, and of pp itself, for what goes on in a cluster when pp is gone. */
export const imageNames = [...names, 'pp'] as const
export type ImageName = (typeof imageNames)[number]

/** What of a service runs; `common` is part of each. */
const parts = ['package.json', 'src', 'migrations', 'page/dist']
const ownParts = ['dist/give-back.js']
/** What has to be built first. */
const built: Partial<Record<ImageName, string>> = {
  gateway: 'services/gateway/page/dist',
  pp: 'dist/give-back.js',
}

export const containerfile = (name: ImageName): string =>
  name === 'pp' ? 'services/images/pp.Containerfile' : `services/${name}/Containerfile`

/** Files that packages are fetched by, from the root of the sources. */
export async function manifestFiles(): Promise<readonly string[]> {
  return (await Array.fromAsync(glob(manifests, {cwd: root}))).sort()
}

/** Parts of an image's sources that are there, from the root of the sources. @throws Error where one is not built. */
export async function sourceParts(name: ImageName): Promise<readonly string[]> {
  const wantedFirst = built[name]
  if (wantedFirst !== undefined && !existsSync(path.join(root, wantedFirst)))
    throw new Error(`${wantedFirst} is not built yet. Try: npm run build`)
  if (name === 'pp') return ownParts
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

/** Lays the sources of one service into `folder`/services and nothing else, or what is built of pp into `folder`/pp. */
export async function laySources(folder: string, name: ImageName): Promise<void> {
  await rm(path.join(folder, 'services'), {recursive: true, force: true})
  await mkdir(path.join(folder, 'services'))
  const file = containerfile(name)
  await cp(path.join(root, file), path.join(folder, file))
  const to = name === 'pp' ? path.join(folder, 'pp') : folder
  for (const part of await sourceParts(name))
    await cp(path.join(root, part), path.join(to, part), {recursive: true})
}
