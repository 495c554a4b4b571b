import {expect, test} from '@jest/globals'
import {existsSync} from 'node:fs'
import {join} from 'node:path'

import {conditions} from '../../src/lib/database/failover/conditions.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {runPp} from '../run-pp.ts'

test.each(Object.entries(conditions))(
  'pp explain %s says what it means and which page has what to type',
  async (condition, {means, page}) => {
    const {exitCode, stdout} = await runPp(['explain', condition])
    expect(exitCode).toBe(0)
    expect(stdout.replaceAll(/\s+/g, ' ')).toBe(`${condition} ${means} What to type: ${page}`)
    expect(existsSync(join(packageRoot, page))).toBe(true)
  },
)

test('a condition in capitals is the same, and --json has its fields', async () => {
  const {exitCode, json} = await runPp(['explain', 'HOST-DEAD', '--json'])
  const {means, page} = conditions['host-dead']
  expect({exitCode, document: json()}).toEqual({
    exitCode: 0,
    document: {schemaVersion: 1, code: 'host-dead', explanation: means, page},
  })
})

test('a mistyped condition leads to the right one', async () => {
  const {exitCode, json} = await runPp(['explain', 'host-daed', '--json'])
  expect({exitCode, document: json()}).toMatchObject({
    exitCode: 2,
    document: {error: {hint: 'pp explain host-dead'}},
  })
})

test('pp explain lists every condition', async () => {
  const {stdout} = await runPp(['explain'])
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(Object.keys(conditions)))
})
