import {relative} from 'node:path'

import {isMapping} from './layers.ts'
import {resolveSettings, type FleetChoice} from './settings.ts'

export interface ExplainedSetting {
  readonly key: string
  readonly value: unknown
  readonly source: string
}

export interface Explained {
  readonly file: string
  /** What chose the file. */
  readonly because: string
  readonly settings: readonly ExplainedSetting[]
}

/** Every value in force with its source; secrets are references, so they may be shown. */
export function explainSettings(choice: FleetChoice, prefix = ''): Explained {
  const {found, settings, sources} = resolveSettings(choice)
  const explained = leaves(settings)
    .filter(([key]) => key === prefix || key.startsWith(prefix === '' ? '' : `${prefix}.`))
    .map(([key, value]) => ({key, value, source: shorten(sources.get(key) ?? 'default')}))
  return {file: found.file, because: found.because, settings: explained}
}

function leaves(value: unknown, path: readonly string[] = []): [string, unknown][] {
  if (!isMapping(value)) return value === undefined ? [] : [[path.join('.'), value]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
}

// A file below this folder is shown as one would type it.
function shorten(source: string): string {
  const shorter = source.startsWith('/') ? relative(process.cwd(), source) : source
  return shorter.startsWith('..') ? source : shorter
}
