// What a script sees of a failure, through the built pp: one document, one exit code in every form, no stack.
import {describe, expect, test} from '@jest/globals'

import {runPp} from '../run-pp.ts'

const wrong = [
  {name: 'an unknown command', argv: ['stauts-quo'], code: 'UNKNOWN_COMMAND'},
  {name: 'help for an unknown command', argv: ['lab', 'list', '--help'], code: 'UNKNOWN_COMMAND'},
  {name: 'an unknown flag', argv: ['explain', '--nope'], code: 'USAGE'},
  {name: 'a superfluous argument', argv: ['explain', 'A', 'B'], code: 'USAGE'},
  {name: 'an unknown error code', argv: ['explain', 'USAEG'], code: 'CODE_UNKNOWN'},
  {
    name: 'a fleet file that is not there',
    argv: ['config', 'explain', '--fleet', '/no/such'],
    code: 'FLEET_NOT_FOUND',
  },
]

describe.each(wrong)('$name', ({argv, code}) => {
  test('exits 2 with its code, a hint and no stack', async () => {
    const {exitCode, stdout, stderr} = await runPp(argv)
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''})
    expect(stderr).toMatch(new RegExp(`^✖ usage  ${code} +exit 2\n`))
    expect(stderr).toMatch(/\n {2}Try {2}\S/)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  test('prints exactly one document under --json, with the same exit code', async () => {
    const {exitCode, stderr, json} = await runPp([...argv, '--json'])
    expect({exitCode, stderr}).toEqual({exitCode: 2, stderr: ''})
    expect(json()).toEqual({
      schemaVersion: 1,
      outcome: 'usage',
      exitCode: 2,
      error: {code, message: expect.any(String), hint: expect.any(String)},
    })
  })
})

test.each([
  {typed: 'lab stats', hint: 'pp lab status'},
  {typed: 'lab stats --help', hint: 'pp lab status --help'},
  {typed: '--help lab stats', hint: 'pp lab status --help'},
  {typed: 'help lab stats', hint: 'pp lab status --help'},
  {typed: 'help lab status', hint: 'pp lab status --help'},
  {typed: 'op shw 06FK595R22 --help', hint: 'pp op show --help'},
  {typed: 'lab list', hint: 'pp lab --help'},
  {typed: '--help lab list', hint: 'pp lab --help'},
  {typed: 'nonsense --help', hint: 'pp --help'},
])('pp $typed leads to $hint', async ({typed, hint}) => {
  const {exitCode, json} = await runPp([...typed.split(' '), '--json'])
  expect({exitCode, document: json()}).toMatchObject({
    exitCode: 2,
    document: {error: {code: 'UNKNOWN_COMMAND', hint}},
  })
})

test('FORCE_COLOR does not get into a JSON document', async () => {
  const {json} = await runPp(['explain', 'USAGE', '--json'], {env: {FORCE_COLOR: '1'}})
  expect(json()).toMatchObject({schemaVersion: 1, code: 'USAGE'})
})

test('two flags that exclude each other are named as they were typed', async () => {
  const {exitCode, json} = await runPp(['failover', 'db', '--json', '--events'])
  expect(exitCode).toBe(2)
  expect(json()).toMatchObject({error: {code: 'USAGE', message: '--json and --events exclude each other'}})
})
