// npm run images [-- --base IMAGE] [--registry PLACE] [--push] [SERVICE | pp …]: an image of each service and of pp, by buildah or Docker.
// What is in it names it: the same content has the same tag, and is not built twice. Prints the images' names on stdout.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {parseArgs} from 'node:util'

import {createProgress} from '../../src/lib/output/progress.ts'
import {ensureOwnBase, ownBase} from './base.ts'
import {contentTag} from './content.ts'
import {findEngine} from './engine.ts'
import {containerfile, imageNames, layPackages, laySources, type ImageName} from './lay.ts'

const progress = createProgress()
const work = await mkdtemp(path.join(tmpdir(), 'pp-images-'))
try {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {
      base: {type: 'string', default: 'docker.io/library/node:24-slim'},
      registry: {type: 'string', default: 'docker.io/pixelpulse'},
      push: {type: 'boolean', default: false},
    },
  })
  const engine = await findEngine()
  const base = values.base === 'own' ? ownBase : values.base
  const images = await Promise.all(
    asked(positionals).map(async (name) => ({
      name,
      image: `${values.registry}/${name}:${await contentTag(name, base)}`,
    })),
  )
  const missing = await Promise.all(images.map(async ({image}) => !(await engine.has(image))))
  const toBuild = images.filter((_, index) => missing[index])
  if (toBuild.length > 0) {
    if (base === ownBase) await ensureOwnBase(engine, work, progress)
    if (toBuild.some(({name}) => name !== 'pp')) {
      progress.start('packages', 'fetch the packages of the services')
      await layPackages(work)
      progress.done('packages')
    }
  }
  for (const {name, image} of toBuild) {
    progress.start(name, `build ${image}`)
    await laySources(work, name)
    await engine.build({image, base, folder: work, file: containerfile(name)})
    progress.done(name)
  }
  if (values.push)
    for (const {name, image} of images) {
      progress.start(`push ${name}`, `push ${image}`)
      await engine.push(image)
      progress.done(`push ${name}`)
    }
  await progress.end()
  for (const {image} of images) console.log(image)
} catch (error) {
  await progress.end()
  console.error(`✖ ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await rm(work, {recursive: true, force: true})
}

function asked(positionals: readonly string[]): readonly ImageName[] {
  const unknown = positionals.filter((name) => !imageNames.includes(name as ImageName))
  if (unknown.length > 0)
    throw new Error(`There is no service ${unknown.join(', ')}. There are: ${imageNames.join(', ')}.`)
  return positionals.length > 0 ? (positionals as ImageName[]) : imageNames
}
