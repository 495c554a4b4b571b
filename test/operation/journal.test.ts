import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {newOperationId, operationIdPattern} from '../../src/lib/operation/id.ts'
import {brokenLink, Journal, readableRecords} from '../../src/lib/operation/journal.ts'
import {registerSecret} from '../../src/lib/redact.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pp-journal-'))
})
afterEach(() => {
  rmSync(folder, {recursive: true})
})

function written(): Journal {
  const journal = Journal.create(folder, 'OP')
  journal.append('opened', {kind: 'test'})
  journal.append('step-intent', {kind: 'one'})
  journal.append('step-done', {kind: 'one'})
  return journal
}

describe('a journal', () => {
  test('is readable by its owner alone', () => {
    expect(statSync(written().file).mode & 0o777).toBe(0o600)
  })

  test('can be looked at up to a line that is none', () => {
    const {lines, records} = written()
    expect(readableRecords([...lines.slice(0, 2), '{torn', ...lines.slice(2)])).toEqual(records.slice(0, 2))
  })

  test('read again has the same records and goes on with the same chain', () => {
    const journal = written()
    const again = Journal.open(folder, 'OP')
    expect(again.records).toEqual(journal.records)
    again.append('closed', {})
    expect(brokenLink(again.lines)).toBeUndefined()
  })

  test.each([
    {name: 'an edited line', edit: (text: string) => text.replace('"one"', '"two"'), line: 3},
    {name: 'a removed line', edit: (text: string) => text.split('\n').toSpliced(1, 1).join('\n'), line: 2},
    {name: 'garbage', edit: (text: string) => `${text}garbage\n`, line: 4},
  ])('with $name is refused at its place', ({edit, line}) => {
    const {file} = written()
    writeFileSync(file, edit(readFileSync(file, 'utf8')))
    expect(() => Journal.open(folder, 'OP')).toThrow(`journal.ndjson:${line} `)
  })

  test('drops a last line that was torn by a crash: it was never acknowledged', () => {
    const {file} = written()
    appendFileSync(file, '{"n":3,"at":"20')
    const again = Journal.open(folder, 'OP')
    expect(again.records).toHaveLength(3)
    again.append('closed', {})
    expect(Journal.open(folder, 'OP').records).toHaveLength(4)
  })

  test('that another process has gone on with takes nothing more from this one', () => {
    const late = written()
    const other = Journal.open(folder, 'OP')
    other.append('closed', {})
    expect(() => {
      late.append('step-intent', {kind: 'promote'})
    }).toThrow(expect.objectContaining({code: 'OPERATION_TAKEN_OVER', exitCode: 6}))
    late.discard()
    expect(Journal.open(folder, 'OP').records.at(-1)?.type).toBe('closed')
  })

  test('never holds a registered secret, quoted or not', () => {
    registerSecret('s3cret"value')
    const journal = written()
    journal.append('step-failed', {message: 'password s3cret"value refused'})
    expect(readFileSync(journal.file, 'utf8')).not.toContain('s3cret')
  })
})

test('operation ids sort by time and match their pattern', () => {
  const [early, late] = [newOperationId(Date.UTC(2026, 0, 1)), newOperationId(Date.UTC(2026, 0, 2))]
  expect(early < late).toBe(true)
  expect(early).toMatch(operationIdPattern)
})
