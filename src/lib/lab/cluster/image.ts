import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {copyFile, mkdir, rm, writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {runProgram} from '../../drivers/machine/program.ts'

/** An image as a node imports it. */
export interface ImageFile {
  /** As Pods name it. */
  readonly name: string
  readonly file: string
}

const goArchitectures: Readonly<Record<string, string>> = {x64: 'amd64'}

/**
 * Writes an archive of an image that holds one program and nothing else, without an engine or a registry: a layer, what
 * to start, and a manifest.
 *
 * @see https://github.com/moby/docker-image-spec
 */
export async function writeImage({name, file}: ImageFile, program: string): Promise<void> {
  const work = `${file}.parts`
  const started = basename(program)
  await mkdir(join(work, 'root'), {recursive: true})
  await copyFile(program, join(work, 'root', started))
  const layer = join(work, 'layer.tar')
  await runProgram([...tar(layer), '-C', join(work, 'root'), started])
  const config = {
    architecture: goArchitectures[process.arch] ?? process.arch,
    os: 'linux',
    config: {Entrypoint: [`/${started}`], User: '65532:65532'},
    rootfs: {type: 'layers', diff_ids: [`sha256:${await sha256(layer)}`]},
  }
  await writeFile(join(work, 'config.json'), JSON.stringify(config))
  const manifest = [{Config: 'config.json', RepoTags: [name], Layers: ['layer.tar']}]
  await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest))
  await runProgram([...tar(file), '-C', work, 'manifest.json', 'config.json', 'layer.tar'])
  await rm(work, {recursive: true})
}

/** The same content makes the same archive. */
const tar = (file: string) =>
  [
    'tar',
    '--create',
    '--file',
    file,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mtime=@0',
    '--mode=go-w',
  ] as const

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(file)) hash.update(part as Buffer)
  return hash.digest('hex')
}
