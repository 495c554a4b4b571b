// The lines that pp itself prints after an interruption: `pp op resume ID`, `pp op abort ID`.
import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {runPp} from '../run-pp.ts'

let state: string

beforeAll(() => {
  state = mkdtempSync(join(tmpdir(), 'pp-op-'))
})
afterAll(() => {
  rmSync(state, {recursive: true})
})

test.each(['resume', 'abort'])('pp op %s takes the operation that its own hints name', async (verb) => {
  const {exitCode, json} = await runPp(['op', verb, 'nosuch', '--yes', '--json', '--env', 'production'], {
    env: {XDG_STATE_HOME: state},
  })
  expect({exitCode, document: json()}).toMatchObject({
    exitCode: 2,
    document: {
      error: {code: 'OPERATION_UNKNOWN', message: 'No single operation begins with "nosuch": none.'},
    },
  })
})
