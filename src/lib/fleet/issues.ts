import * as z from 'zod'

import {usageError, type PpError} from '../errors.ts'
import {nearest} from '../nearest.ts'
import {fleetFileSchema} from './schema.ts'
import {showPlace, type Issue, type KeyPath, type YamlFile} from './yaml-file.ts'

/** The schema's complaints about one file, each at its place and with the nearest valid key. */
export function issuesIn(file: YamlFile, error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
    if (issue.code !== 'unrecognized_keys') {
      return [{place: file.placeOf(path), message: `${path.join('.')}: ${messageOf(issue)}`}]
    }
    return issue.keys.map((key) => ({
      place: file.placeOf([...path, key]),
      message: unknownKey([...path, key].join('.'), key, validKeys(path)),
    }))
  })
}

/** One error for all mistakes of the fleet's files. */
export function fleetInvalid(issues: readonly Issue[]): PpError {
  const numerically = new Intl.Collator('en', {numeric: true}).compare
  const lines = issues.map(({place, message}) => `${showPlace(place)}  ${message}`)
  const unique = [...new Set(lines)].toSorted(numerically)
  return usageError('FLEET_INVALID', {
    message: [
      `${unique.length} ${unique.length === 1 ? 'mistake' : 'mistakes'} in the fleet:`,
      ...unique,
    ].join('\n'),
    hint: 'Correct the lines above, then: pp config explain',
  })
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return `should be ${issue.expected}`
  if (issue.code === 'invalid_key') return `the name should be ${issue.issues[0]?.message ?? 'another'}`
  return issue.message
}

function unknownKey(path: string, key: string, valid: readonly string[]): string {
  const suggestion = nearest(key, valid)
  const way = suggestion === undefined ? `Known here: ${valid.join(', ')}.` : `Did you mean ${suggestion}?`
  return `${path}: unknown key. ${way}`
}

// Known keys at a path, read off the schema itself: the two cannot disagree.
function validKeys(path: KeyPath): string[] {
  let schema: unknown = fleetFileSchema
  for (const part of path) schema = below(schema, String(part))
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

function below(schema: unknown, key: string): unknown {
  const inner: unknown =
    schema instanceof z.ZodObject ? schema.shape[key] : schema instanceof z.ZodRecord && schema.valueType
  return inner instanceof z.ZodOptional ? inner.unwrap() : inner
}
