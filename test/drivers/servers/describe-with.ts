import {existsSync} from 'node:fs'
import {describe, jest} from '@jest/globals'

// Real servers on a machine that may be busy with others.
jest.setTimeout(30_000)

/** The tests of a server that is not installed are skipped, and say so in their name. */
export function describeWith(programs: readonly string[], name: string, tests: () => void): void {
  const missing = programs.filter((program) => !existsSync(program))
  if (missing.length === 0) describe(name, tests)
  else describe.skip(`${name} [SKIPPED: ${missing.join(', ')} is not installed]`, tests)
}
