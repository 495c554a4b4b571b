import {createHash} from 'node:crypto'
import {glob, readFile} from 'node:fs/promises'
import path from 'node:path'

import {containerfile, manifestFiles, root, sourceParts, type ImageName} from './lay.ts'

/** Twelve hexadecimal digits that are others when anything is that an image is made of. */
export async function contentTag(name: ImageName, base: string): Promise<string> {
  const parts = await sourceParts(name)
  const sources = await Array.fromAsync(
    glob(
      parts.flatMap((part) => [part, `${part}/**/*`]),
      {cwd: root, withFileTypes: true},
    ),
  )
  const files = sources
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
  const hash = createHash('sha256').update(JSON.stringify([base, process.arch]))
  const packages = name === 'pp' ? [] : await manifestFiles()
  const all = new Set([...files, ...packages, containerfile(name)])
  for (const file of [...all].sort()) {
    const content = await readFile(path.join(root, file))
    hash.update(JSON.stringify([file, content.length])).update(content)
  }
  return hash.digest('hex').slice(0, 12)
}
