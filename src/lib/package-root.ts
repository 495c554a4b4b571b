import {existsSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

/**
 * Folder of the package, where `fleet.yaml` and `playbooks/` lie.
 *
 * Found by walking up: the same module runs from `src/` in development and from a chunk under `dist/` when built.
 */
export const packageRoot: string = above(dirname(fileURLToPath(import.meta.url)))

function above(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('pp does not lie in its package: no package.json above it.')
  return above(parent)
}

/**
 * A program of its own, to be run by Node: a source in development, else an entry of its own in the bundle.
 *
 * @param name its file below src/, without the ending.
 */
export function programFile(name: string): string {
  const isSource = import.meta.url.endsWith('.ts')
  return `${packageRoot}/${isSource ? `src/${name}.ts` : `dist/${name}.js`}`
}
