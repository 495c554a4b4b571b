import {readFileSync} from 'node:fs'
import {globSync} from 'node:fs'
import {join} from 'node:path'

import {packageRoot} from '../src/lib/package-root.ts'

export interface SourceFile {
  readonly file: string
  readonly text: string
}

/** Files of the package that match, with their text. */
export function sourceFiles(...patterns: readonly string[]): SourceFile[] {
  return globSync([...patterns], {cwd: packageRoot}).map((file) => ({
    file,
    text: readFileSync(join(packageRoot, file), 'utf8'),
  }))
}

/** Commands as they are typed, such as `failover db`. */
export function commandNames(): string[] {
  return globSync('src/commands/**/*.ts', {cwd: packageRoot}).map((file) =>
    file
      .slice('src/commands/'.length, -'.ts'.length)
      .replace(/\/?index$/, '')
      .replaceAll('/', ' '),
  )
}
