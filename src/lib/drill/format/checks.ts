import {checkActs} from './check-acts.ts'
import {checkClaims} from './check-claims.ts'
import {checkWindows} from './check-windows.ts'
import {namedTwice, type Finding} from './findings.ts'
import {outlineOf} from './outline.ts'

/** What a schema does not see: parts of a file that do not fit one another. */
export function checkAcross(value: unknown): readonly Finding[] {
  const outline = outlineOf(value)
  const {environments, targets} = outline
  return [
    ...namedTwice(environments.map((name, index) => ({name, path: ['environments', index]}))),
    ...namedTwice(targets.hosts.map((name, index) => ({name, path: ['targets', 'hosts', index]}))),
    ...checkWindows(outline),
    ...checkClaims(outline),
    ...checkActs(outline),
  ]
}
