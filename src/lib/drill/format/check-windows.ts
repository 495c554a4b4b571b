import {unknownName, type Finding} from './findings.ts'
import type {Outline} from './outline.ts'

/** Windows of environments the drill has; times and days in an order that lets something be open. */
export function checkWindows({environments, guards}: Outline): Finding[] {
  const names = environments.filter((name) => name !== undefined)
  return Object.entries(guards.windows).flatMap(([environment, {allowed, blocked}]) => {
    const path = ['guards', 'windows', environment]
    return [
      ...(names.length === 0
        ? []
        : unknownName(environment, names, {path, what: 'environment of this drill is called'})),
      ...allowed.flatMap(({from, to}, index) =>
        from !== undefined && from === to
          ? [
              {
                path: [...path, 'allowed', index, 'to'],
                message: `opens and closes at ${from}; a whole day is 00:00 to 24:00`,
              },
            ]
          : [],
      ),
      ...blocked.flatMap(({from, to}, index) =>
        from !== undefined && to !== undefined && to < from
          ? [{path: [...path, 'blocked', index, 'to'], message: `${to} is before ${from}`}]
          : [],
      ),
    ]
  })
}
