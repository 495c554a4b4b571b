// The lines that pp itself prints after an interruption: `pp op resume ID`, `pp op abort ID`.
import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {Journal} from '../../src/lib/operation/journal.ts'
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

test('an edited journal is named and still shown, with the way to compare it, and not gone on with', async () => {
  const operations = join(state, 'pp/pixelpulse/production/operations')
  mkdirSync(operations, {recursive: true})
  const journal = Journal.create(operations, '0EDITED000')
  journal.append('opened', {kind: 'database-switchover', target: 'main'})
  journal.append('step-intent', {kind: 'promote'})
  journal.close()
  writeFileSync(journal.file, readFileSync(journal.file, 'utf8').replace('"main"', '"mine"'))
  const env = {XDG_STATE_HOME: state}

  const shown = await runPp(['op', 'show', '0EDITED000', '--env', 'production'], {env})
  expect(shown).toMatchObject({exitCode: 0})
  expect(shown.stderr).toContain(':2 was edited or damaged; pp op verify 0EDITED000')
  const resumed = await runPp(['op', 'resume', '0EDITED000', '--yes', '--json', '--env', 'production'], {env})
  expect({exitCode: resumed.exitCode, document: resumed.json()}).toMatchObject({
    exitCode: 13,
    document: {error: {code: 'JOURNAL_BROKEN'}},
  })
})
