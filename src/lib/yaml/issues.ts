import type * as z from 'zod'

import {nearest} from '../nearest.ts'
import {keysOf, schemaAt, tellingKeys, valueAt} from './schema-at.ts'
import type {Issue, KeyPath, YamlFile} from './yaml-file.ts'

/** A schema's complaints about one file, each at its place and with the nearest valid key. */
export function issuesIn(file: YamlFile, error: z.ZodError, schema: z.ZodType): Issue[] {
  return complaints({file, schema}, error.issues, [])
}

interface Checked {
  readonly file: YamlFile
  readonly schema: z.ZodType
}

function complaints(checked: Checked, issues: readonly z.core.$ZodIssue[], above: KeyPath): Issue[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
    if (issue.code !== 'custom' && path.length > 0 && valueAt(checked.file.value, path) === undefined)
      return [complaint(checked, path, 'missing')]
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(checked, path, key))
    if (issue.code === 'invalid_union') return [unionComplaints(checked, issue, path)].flat()
    return [complaint(checked, path, messageOf(issue))]
  })
}

function complaint({file}: Checked, path: KeyPath, message: string): Issue {
  return {place: file.placeOf(path), message: `${path.join('.') || 'file'}: ${message}`}
}

function unknownKey(checked: Checked, path: KeyPath, key: string): Issue {
  const {value, schema} = partAt(checked, path)
  const telling = tellingKeys(schema)
  const kind = telling.find((one) => valueAt(value, [one]) !== undefined)
  if (kind !== undefined && telling.includes(key))
    return complaint(checked, [...path, key], `either ${kind} or ${key}, not both`)
  return complaint(checked, [...path, key], `unknown key. ${wayOut(key, keysOf(schema, value))}`)
}

/** Of what is one of several kinds: what the schema of its own kind says. */
function unionComplaints(
  checked: Checked,
  issue: z.core.$ZodIssueInvalidUnion,
  path: KeyPath,
): Issue | Issue[] {
  const {value, schema} = partAt(checked, path)
  if (issue.discriminator !== undefined) {
    const known = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
    return complaint(
      checked,
      path,
      `unknown ${issue.discriminator} ${String(value)}. ${wayOut(String(value), known)}`,
    )
  }
  const telling = tellingKeys(schema)
  if (telling.length === 0) return complaint(checked, path, issue.message)
  const kind = telling.findIndex((key) => valueAt(value, [key]) !== undefined)
  if (kind !== -1) return complaints(checked, issue.errors[kind] ?? [], path)
  const written = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const wrong = written.length === 1 ? written[0] : written.find((key) => nearest(key, telling) !== undefined)
  if (wrong === undefined) return complaint(checked, path, `needs one of ${telling.join(', ')}`)
  return complaint(checked, [...path, wrong], `unknown key. ${wayOut(wrong, telling)}`)
}

function partAt({file, schema}: Checked, path: KeyPath): {value: unknown; schema: unknown} {
  return {value: valueAt(file.value, path), schema: schemaAt(schema, path, file.value)}
}

function wayOut(word: string, valid: readonly string[]): string {
  const suggestion = nearest(word, valid)
  return suggestion === undefined ? `Known here: ${valid.join(', ')}.` : `Did you mean ${suggestion}?`
}

const inWords: Readonly<Record<string, string>> = {object: 'a mapping', record: 'a mapping', array: 'a list'}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return `should be ${inWords[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_key') return `the name should be ${issue.issues[0]?.message ?? 'another'}`
  return issue.message
}
