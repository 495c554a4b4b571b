import {counted} from '../counted.ts'
import {usageError, type PpError} from '../errors.ts'
import {showPlace, type Issue} from './yaml-file.ts'

/** One error for all mistakes, one a line in the order of their places. */
export function mistakesError(
  code: string,
  issues: readonly Issue[],
  {what, hint}: {readonly what: string; readonly hint: string},
): PpError {
  const numerically = new Intl.Collator('en', {numeric: true}).compare
  const lines = issues.map(({place, message}) => `${showPlace(place)}  ${message}`)
  const unique = [...new Set(lines)].toSorted(numerically)
  return usageError(code, {
    message: [`${counted(unique.length, 'mistake')} in ${what}:`, ...unique].join('\n'),
    hint,
  })
}
