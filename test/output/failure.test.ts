import {CLIError} from '@oclif/core/errors'
import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {refusal} from '../../src/lib/errors.ts'
import {createEventSink} from '../../src/lib/output/events.ts'
import {registerSecret} from '../../src/lib/redact.ts'
import {renderFailure} from '../../src/lib/output/failure-text.ts'
import {toFailure} from '../../src/lib/output/failure.ts'

const before = process.env.XDG_STATE_HOME
const folder = mkdtempSync(join(tmpdir(), 'pp-bug-'))
beforeAll(() => {
  process.env.XDG_STATE_HOME = folder
})
afterAll(() => {
  if (before === undefined) delete process.env.XDG_STATE_HOME
  else process.env.XDG_STATE_HOME = before
  rmSync(folder, {recursive: true})
})

test('an unexpected error exits 1 and leaves its trace in a file of its owner', () => {
  const shown = toFailure(new TypeError('x is not a function'))
  const file = /trace is in (\S+)/.exec(shown.error.message)?.[1] ?? ''
  expect(shown).toMatchObject({outcome: 'bug', exitCode: 1, error: {code: 'BUG'}})
  expect(readFileSync(file, 'utf8')).toMatch(/TypeError: x is not a function\n\s+at /)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('a secret that was read before is neither in the trace nor in a progress line', () => {
  registerSecret('s3ntinel"pass')
  const error = Object.assign(new Error('login failed'), {config: {password: 's3ntinel"pass'}})
  const file = /trace is in (\S+)/.exec(toFailure(error).error.message)?.[1] ?? ''
  expect(readFileSync(file, 'utf8')).toContain('[secret]')
  expect(readFileSync(file, 'utf8')).not.toContain('s3ntinel')
  const lines: string[] = []
  createEventSink((line) => lines.push(line)).emit({
    event: 'note',
    text: 'password s3ntinel"pass was refused',
  })
  expect(lines.join('')).not.toContain('s3ntinel')
})

test('a wrong flag keeps its message and loses colours and the parser state', () => {
  const shown = toFailure(
    new CLIError('\u001b[31mNonexistent flag: --nope\u001b[39m\nSee more help with --help'),
    {command: 'pp status', flags: []},
  )
  expect(shown.error).toEqual({code: 'USAGE', message: 'Nonexistent flag: --nope', hint: 'pp status --help'})
})

test('a mistyped flag gets the one that was probably meant', () => {
  const error = Object.assign(new CLIError('Nonexistent flag: --freze'), {flags: ['--freze']})
  const {hint} = toFailure(error, {command: 'pp lab break', flags: ['power-off', 'freeze']}).error
  expect(hint).toBe('Did you mean --freeze? See pp lab break --help')
})

test('a refusal reads within 80 columns and says where the reason is explained', () => {
  const error = refusal('LAG_TOO_HIGH', {
    message:
      'No standby can take over from db2: db1 is 41 MB (12 s) behind, db3 is 44 MB (13 s) behind; the limit is 16 MB.',
    hint: 'Wait until the lag is lower, then:\npp failover db',
  })
  const lines = renderFailure(toFailure(error)).split('\n')
  expect(lines[0]).toMatch(/^✖ refused {2}LAG_TOO_HIGH +exit 3$/)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80)
  expect(lines).toContain('  Why  pp explain LAG_TOO_HIGH')
})
