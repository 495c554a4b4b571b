import {databaseStatus, findingsOf} from '../../database/status.ts'
import type {ProbeSpec} from '../format/types.ts'
import {bad, good, noData, type Look, type Vantage} from './vantage.ts'

/** A field of what `pp status --json` or `pp db status --json` prints, such as `databases.0.members.1.role`. */
export async function lookAtPp(
  {field, equals}: Extract<ProbeSpec, {type: 'pp'}>,
  vantage: Vantage,
): Promise<Look> {
  const state = await vantage.observe()
  const value = fieldOf({databases: [databaseStatus(state)], findings: findingsOf(state)}, field)
  if (value === undefined) return noData(`there is no ${field}`)
  const measured = `${field} is ${JSON.stringify(value)}`
  return JSON.stringify(value) === JSON.stringify(equals)
    ? good(measured)
    : bad(`${measured}, wanted ${JSON.stringify(equals)}`)
}

/** Own fields alone: `constructor` is none. */
function fieldOf(document: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      document,
    )
}
