import {copyFile, mkdir, rm, writeFile} from 'node:fs/promises'
import {readFileSync} from 'node:fs'
import path from 'node:path'

import {runProgram} from '../../src/lib/drivers/machine/program.ts'
import type {Progress} from '../../src/lib/output/progress.ts'
import type {Engine} from './engine.ts'
import {root} from './lay.ts'

const node = `node_modules/node-linux-${process.arch}`
const {version} = JSON.parse(readFileSync(path.join(root, node, 'package.json'), 'utf8')) as {
  version: string
}

/** What the services stand on where no registry is reached: the Node that pp itself runs on, and the libraries it needs. */
export const ownBase = `docker.io/pixelpulse/node:${version}`

/** What Debian has of it; without a shell, a package manager and all else that nobody there needs. */
const packages = ['base-files', 'libc6', 'libgcc-s1', 'libstdc++6', 'netbase', 'tzdata']
const accounts = ['root:x:0:0::/:/usr/sbin/nologin', 'nonroot:x:65532:65532::/:/usr/sbin/nologin', '']

export async function ensureOwnBase(engine: Engine, work: string, progress: Progress): Promise<void> {
  if (await engine.has(ownBase)) return
  progress.start('base', `make ${ownBase}`)
  const folder = path.join(work, 'base')
  await mkdir(folder)
  await runProgram([
    ...(['mmdebstrap', '--quiet', '--variant=extract', '--mode=root', '--format=directory'] as const),
    ...['--dpkgopt=path-exclude=/usr/share/doc/*', `--include=${packages.join(',')}`],
    ...['bookworm', path.join(folder, 'root')],
  ])
  const inRoot = (...parts: string[]) => path.join(folder, 'root', ...parts)
  await mkdir(inRoot('usr/local/bin'), {recursive: true})
  await copyFile(path.join(root, node, 'bin/node'), inRoot('usr/local/bin/node'))
  await writeFile(inRoot('etc/passwd'), accounts.join('\n'))
  for (const used of ['var/lib/apt', 'var/cache/apt', 'usr/share/doc'])
    await rm(inRoot(used), {recursive: true, force: true})
  await writeFile(
    path.join(folder, 'Containerfile'),
    'FROM scratch\nCOPY root /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n',
  )
  await engine.build({image: ownBase, folder, file: 'Containerfile'})
  await rm(folder, {recursive: true})
  progress.done('base')
}
