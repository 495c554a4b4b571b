import {describe, expect, test} from '@jest/globals'

import {explanations} from '../src/lib/explanations.ts'
import {sourceFiles} from './source-files.ts'

const literal = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g
const refusedByHelper = /Refusal\(\s*'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g

// Upper snake case, and no error that pp shows.
const others = /^(XDG_|PP_|SSH_AUTH_SOCK|PG|LC_|CONNECTION_LOST$)/

function codesInSources(): Map<string, string> {
  const codes = new Map<string, string>()
  const take = (pattern: RegExp, ...files: readonly string[]) => {
    for (const {file, text} of sourceFiles(...files)) {
      for (const [, code] of text.matchAll(pattern)) if (!others.test(code!)) codes.set(code!, file)
    }
  }
  take(literal, 'src/**/*.ts')
  take(refusedByHelper, 'playbooks/ansible/roles/common/files/pp_host/*.py')
  return codes
}

describe('every error code', () => {
  test('that the sources construct has an explanation', () => {
    const missing = [...codesInSources()].filter(([code]) => !(code in explanations))
    expect(missing.map(([code, file]) => `${code} (${file})`)).toEqual([])
  })

  test('is in upper snake case, and its explanation says something', () => {
    for (const [code, text] of Object.entries(explanations)) {
      expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/)
      expect(text.length).toBeGreaterThan(30)
    }
  })
})
