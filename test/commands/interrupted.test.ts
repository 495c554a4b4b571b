// Ctrl-C and SIGTERM while pp only looks, through the built pp: one document, the exit code of the signal, at once.
import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {join} from 'node:path'

import {packageRoot} from '../../src/lib/package-root.ts'
import {SilentFleet} from '../fleet/silent-fleet.ts'

let fleet: SilentFleet
beforeAll(async () => {
  fleet = await SilentFleet.create()
})
afterAll(() => {
  fleet[Symbol.dispose]()
})

const signals = [
  {signal: 'SIGINT', exitCode: 130},
  {signal: 'SIGTERM', exitCode: 143},
] as const
const commands = [
  ['failover', 'db', '--plan'],
  ['db', 'open', '--plan'],
  ['db', 'rejoin', 'db2', '--plan'],
  ['db', 'tag', 'db2', 'no-failover'],
]
const cells = signals.flatMap((one) => commands.map((argv) => ({...one, argv, words: argv.join(' ')})))

test.each(cells)('pp $words ends at $signal: exit $exitCode, nothing touched', async (cell) => {
  const connected = fleet.connected()
  const child = execa(
    process.execPath,
    [join(packageRoot, 'bin/run.js'), ...cell.argv, '--fleet', fleet.file, '--json'],
    {reject: false, stdin: 'ignore', env: {FORCE_COLOR: '0', ...fleet.env}},
  )
  await connected
  child.kill(cell.signal)
  const {exitCode, stdout} = await child
  expect(exitCode).toBe(cell.exitCode)
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    outcome: 'undone',
    exitCode: cell.exitCode,
    error: {
      code: 'INTERRUPTED',
      message: expect.stringContaining('nothing was touched'),
      hint: expect.any(String),
    },
  })
})
