import {afterEach, expect, test} from '@jest/globals'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Helper} from '../../src/lib/drivers/helper/types.ts'
import {copyToVoters} from '../../src/lib/operation/copies.ts'
import {Journal} from '../../src/lib/operation/journal.ts'

const folder = mkdtempSync(join(tmpdir(), 'pp-'))
afterEach(() => rmSync(folder, {recursive: true}))

/** Keeps the lines that it is sent. */
function voter() {
  const lines: string[] = []
  const calls: number[] = []
  const call = (verb: string, request: {append?: readonly string[]}) => {
    if (verb === 'journal-read') return Promise.resolve({lines, head: null, token: null})
    calls.push(request.append?.length ?? 0)
    lines.push(...(request.append ?? []))
    return Promise.resolve({})
  }
  return {lines, calls, helper: {call} as unknown as Helper}
}
const silent = {call: () => new Promise(() => undefined)} as unknown as Helper

test('a voter that never answers holds up no other one; lines of one moment go together', async () => {
  const journal = Journal.create(folder, '0F3K8W2QX7')
  const {lines, calls, helper} = voter()
  copyToVoters(journal, [silent, helper], 'main', 0)
  journal.append('opened', {kind: 'database-failover', target: 'main'})
  journal.append('locked', {token: 1})
  await sleep(20)
  expect(calls).toEqual([2])
  journal.append('step-intent', {kind: 'fence-lost', host: 'db1'})
  await sleep(20)
  expect(lines).toEqual(journal.lines)
  journal.close()
})
