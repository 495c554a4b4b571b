import {nearest} from '../../nearest.ts'
import type {KeyPath} from '../../yaml/yaml-file.ts'

/** A mistake, and the key that it is laid to. */
export interface Finding {
  readonly path: KeyPath
  readonly message: string
}

/** Each name that was there before. */
export function namedTwice(
  names: readonly {readonly name: string | undefined; readonly path: KeyPath}[],
): Finding[] {
  const seen = new Set<string>()
  return names.flatMap(({name, path}) => {
    if (name === undefined) return []
    const isSecond = seen.has(name)
    seen.add(name)
    return isSecond ? [{path, message: `a second ${name}; give each a name of its own`}] : []
  })
}

/** A name that has to be one of those given. */
export function unknownName(
  name: string | undefined,
  known: readonly string[],
  {path, what}: Reference,
): Finding[] {
  if (name === undefined || known.includes(name)) return []
  const suggestion = nearest(name, known)
  const way =
    suggestion === undefined ? `There are: ${known.join(', ') || 'none'}.` : `Did you mean ${suggestion}?`
  return [{path, message: `no ${what} ${name}. ${way}`}]
}

interface Reference {
  readonly path: KeyPath
  /** As in "no steady state clients-write". */
  readonly what: string
}
