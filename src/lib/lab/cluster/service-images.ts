import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdtemp, readdir, rename, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {runProgram} from '../../drivers/machine/program.ts'
import type {Progress} from '../../output/progress.ts'
import {packageRoot} from '../../package-root.ts'
import {programsPath} from './programs.ts'

/** The services' images and pp's own, in one archive that nodes import. */
export interface ServiceImages {
  readonly names: readonly string[]
  /** In the folder of the programs, which hosts see. */
  readonly file: string
}

/** Builds what is not built yet, and lays it where the nodes of a lab find it. */
export async function ensureServiceImages(
  wanted: 'all' | 'pp',
  progress: Progress,
  signal?: AbortSignal,
): Promise<ServiceImages> {
  progress.start('images', 'build the images that have changed')
  const main = join(packageRoot, 'services/images/images.ts')
  const options = {cwd: packageRoot, ...(signal && {signal})}
  const printed = await runProgram(
    [process.execPath, main, '--base', 'own', ...(wanted === 'all' ? [] : [wanted])],
    options,
  )
  const names = printed.trim().split('\n')
  const hash = createHash('sha256').update(names.join()).digest('hex').slice(0, 12)
  const file = `services-${hash}.tar`
  if (!existsSync(join(programsPath(), file))) await writeArchive(names, file)
  progress.done('images')
  return {names, file}
}

/** Pp's own. */
export const ownImage = ({names}: ServiceImages): string => names.find((name) => name.includes('/pp:')) ?? ''

/** Another lab, of other sources, may be about to import one that was made lately. */
const keptMs = 24 * 3600 * 1000

/** One layout for all: a layer that several have is in it once. Archives of images of long ago go. */
async function writeArchive(names: readonly string[], file: string): Promise<void> {
  const folder = programsPath()
  const work = await mkdtemp(join(folder, 'services-'))
  try {
    for (const name of names)
      await runProgram([
        'buildah',
        'push',
        '--quiet',
        '--disable-compression',
        name,
        `oci:${work}/layout:${name}`,
      ])
    await runProgram([
      'tar',
      '--create',
      '--file',
      `${work}/archive.tar`,
      '--directory',
      `${work}/layout`,
      '.',
    ])
    for (const name of await readdir(folder)) {
      const old = join(folder, name)
      if (/^services-\w+\.tar$/.test(name) && Date.now() - (await stat(old)).mtimeMs > keptMs) await rm(old)
    }
    await rename(`${work}/archive.tar`, join(folder, file))
  } finally {
    await rm(work, {recursive: true})
  }
}
