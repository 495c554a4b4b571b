import fc from 'fast-check'

import type {Fate} from '../../src/lib/drivers/application/fate.ts'
import type {RowRange} from '../../src/lib/drivers/application/row-ranges.ts'
import {figuresOf} from '../../src/lib/lab/load-figures.ts'
import {formatEntry, LedgerReader, type LedgerEntry} from '../../src/lib/lab/load-ledger.ts'
import {judge, type ProbeTable} from '../../src/lib/lab/load-verdict.ts'

const entry = (writer: string, n: number, fate: Fate, startedMs: number, endedMs: number): LedgerEntry => ({
  writer,
  n,
  fate,
  startedMs,
  endedMs,
})
const acknowledged = (writer: string, n: number, endedMs: number) =>
  entry(writer, n, 'acknowledged', endedMs - 1, endedMs)
const rows = (writer: string, first: number, last: number, extra = 0): RowRange => ({
  writer,
  first,
  last,
  extra,
})
const table = (...ranges: RowRange[]): ProbeTable => ({writable: ['db1'], rows: ranges})
const all = {fromMs: 0, toMs: 1e9}

describe('the verdict', () => {
  const three = [1, 2, 3].map((n) => acknowledged('r-1', n, n * 10))

  test.each([
    {
      name: 'all rows there, once: done',
      entries: three,
      table: table(rows('r-1', 1, 3)),
      expected: {outcome: 'done', lost: 0},
    },
    {
      name: 'an acknowledged row that is missing is lost, and named',
      entries: three,
      table: table(rows('r-1', 1, 1), rows('r-1', 3, 3)),
      expected: {outcome: 'human', lost: 1, lostRows: ['r-1/2']},
    },
    {
      name: 'a row of another writer does not stand in for a lost one',
      entries: three,
      table: table(rows('r-1', 1, 2), rows('r-2', 3, 3)),
      expected: {outcome: 'human', lost: 1},
    },
    {
      name: 'a row that is there twice is duplicated',
      entries: three,
      table: table(rows('r-1', 1, 3, 1)),
      expected: {outcome: 'human', duplicated: 1},
    },
    {
      name: 'an unknown one that is in the table is neither lost nor failed',
      entries: [...three, entry('r-1', 4, 'unknown', 40, 50)],
      table: table(rows('r-1', 1, 4)),
      expected: {outcome: 'degraded', lost: 0, unknown: 1, unknownPresent: 1, failedPresent: 0},
    },
    {
      name: 'an unknown one that is not in the table is no loss',
      entries: [...three, entry('r-1', 4, 'unknown', 40, 50)],
      table: table(rows('r-1', 1, 3)),
      expected: {outcome: 'degraded', lost: 0, unknown: 1, unknownPresent: 0},
    },
    {
      name: 'a failed one that is in the table means a client was told something false',
      entries: [...three, entry('r-1', 4, 'failed', 40, 50)],
      table: table(rows('r-1', 1, 4)),
      expected: {outcome: 'human', failedPresent: 1},
    },
    {
      name: 'a table that could not be read proves nothing',
      entries: three,
      table: undefined,
      expected: {outcome: 'inconclusive', lost: 0, writable: []},
    },
    {
      name: 'two writable members need somebody to look, whatever the rows say',
      entries: three,
      table: {writable: ['db1', 'db2'], rows: [rows('r-1', 1, 3)]},
      expected: {outcome: 'human', lost: 0},
    },
    {
      name: 'nothing acknowledged is no success',
      entries: [],
      table: table(),
      expected: {outcome: 'inconclusive'},
    },
  ])('$name', ({entries, table, expected}) => {
    expect(judge(entries, table, 100)).toMatchObject(expected)
  })

  test('for any rows that went missing, exactly those are lost', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), {minLength: 1, maxLength: 60}), (isThere) => {
        const entries = isThere.map((_, index) => acknowledged('r-1', index + 1, index))
        const ranges = isThere.flatMap((there, index) => (there ? [rows('r-1', index + 1, index + 1)] : []))
        expect(judge(entries, table(...ranges), 100).lost).toBe(isThere.filter((there) => !there).length)
      }),
    )
  })
})

describe('the write gap', () => {
  test('is the longest time without an acknowledgement over the merged ledgers of all clients', () => {
    const one = [10, 20, 90].map((ms, index) => acknowledged('r-1', index + 1, ms))
    const two = [15, 60, 95].map((ms, index) => acknowledged('r-2', index + 1, ms))
    expect(figuresOf([...one, ...two], {fromMs: 0, toMs: 95}).longestGapMs).toBe(40)
  })

  test('counts when it only reaches into the stretch, and not when it lies outside', () => {
    const entries = [10, 100, 110, 120].map((ms, index) => acknowledged('r-1', index + 1, ms))
    expect(figuresOf(entries, {fromMs: 90, toMs: 120}).longestGapMs).toBe(90)
    expect(figuresOf(entries, {fromMs: 100, toMs: 120}).longestGapMs).toBe(10)
  })

  test('goes on to the end when writes never came back', () => {
    expect(figuresOf([acknowledged('r-1', 1, 10)], {fromMs: 0, toMs: 500}).longestGapMs).toBe(490)
  })

  test('is not ended by a statement that failed', () => {
    const entries = [
      acknowledged('r-1', 1, 10),
      entry('r-1', 2, 'failed', 20, 30),
      acknowledged('r-1', 3, 50),
    ]
    expect(figuresOf(entries, {fromMs: 0, toMs: 50})).toMatchObject({
      longestGapMs: 40,
      acknowledged: 2,
      failed: 1,
    })
  })
})

describe("a client's wait", () => {
  test('lasts from wanting to write to the next acknowledgement, errors on the way included', () => {
    const entries = [
      entry('r-1', 1, 'failed', 100, 110),
      entry('r-1', 2, 'unknown', 120, 180),
      entry('r-1', 3, 'acknowledged', 190, 200),
      entry('r-2', 1, 'acknowledged', 100, 130),
    ]
    expect(figuresOf(entries, all).longestWaitMs).toBe(100)
  })

  test('of short-lived clients is their own: one that failed does not make the next one slow', () => {
    const entries = [entry('r-new', 1, 'failed', 0, 10), entry('r-new', 2, 'acknowledged', 100, 105)]
    expect(figuresOf(entries, all).longestWaitMs).toBe(10)
  })
})

describe('a ledger', () => {
  test('reads back what was written, however it is cut into pieces', () => {
    const fate = fc.constantFrom<Fate>('acknowledged', 'failed', 'unknown')
    const time = fc.integer({min: 0, max: 1e9}).map((micros) => micros / 1000)
    const entries = fc.array(
      fc.record({writer: fc.constant('r-1'), n: fc.nat(), fate, startedMs: time, endedMs: time}),
    )
    fc.assert(
      fc.property(entries, fc.integer({min: 1, max: 40}), (written, size) => {
        const text = written.map(formatEntry).join('')
        const reader = new LedgerReader()
        for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size))
        expect(reader.entries).toEqual(written)
      }),
    )
  })

  test('leaves out a last line that is not whole', () => {
    const reader = new LedgerReader()
    reader.push(formatEntry(acknowledged('r-1', 1, 10)) + 'a\tr-1\t2\t10')
    expect(reader.entries).toHaveLength(1)
  })

  test('does not take another file for a ledger', () => {
    expect(() => new LedgerReader().push('hello\n')).toThrow('Not a line of a ledger')
  })
})
