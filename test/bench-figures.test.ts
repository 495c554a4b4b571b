import {isMet, ratioOf, renderResults, type Result, type Series} from './bench/failover/table.ts'
import {replaceSection} from './bench/section.ts'
import {spreadOf} from './bench/statistics.ts'

const series = (gapsMs: readonly number[], failed = 0): Series => ({
  samples: gapsMs.map((gapMs) => ({gapMs, waitMs: gapMs, failed, unknown: 0})),
  steps: new Map([['stop', gapsMs]]),
})
const result = (floor: Series, pp: Series, lost = 0): Result => ({
  newClientsPerSecond: 0,
  floor,
  pp,
  quietGapsMs: [5],
  lost,
  duplicated: 0,
})

test('the median of an even number of values lies between the two in the middle; p95 of 20 is the 19th', () => {
  expect(spreadOf(Array.from({length: 20}, (_, index) => 20 - index))).toEqual({
    min: 1,
    median: 10.5,
    p95: 19,
    max: 20,
  })
  expect(spreadOf([7])).toEqual({min: 7, median: 7, p95: 7, max: 7})
})

test.each([
  {name: 'as fast as the goal allows', result: result(series([100]), series([130])), met: true},
  {name: 'slower than the goal', result: result(series([100]), series([131])), met: false},
  {name: 'fast, but a transaction failed', result: result(series([100]), series([100], 1)), met: false},
  {
    name: 'fast, but an acknowledged row was lost',
    result: result(series([100]), series([100]), 1),
    met: false,
  },
])('$name: the goal is met or missed accordingly', ({result, met}) => {
  expect(isMet(result)).toBe(met)
  expect(renderResults([result], 'machine')).toContain(met ? ': met' : ': missed')
})

test('failures of the floor are its own and do not spoil the goal', () => {
  const compared = result(series([100], 3), series([90]))
  expect(isMet(compared)).toBe(true)
  expect(ratioOf(compared)).toBeCloseTo(0.9)
})

test('a section is replaced between its marks, and added where it is missing; the rest stays', () => {
  const once = replaceSection('# Benchmarks\n', 'a', 'first')
  expect(once).toBe('# Benchmarks\n\n<!-- a -->\n\nfirst\n\n<!-- /a -->\n')
  const both = replaceSection(once, 'b', 'other')
  expect(replaceSection(both, 'a', 'second')).toBe(both.replace('first', 'second'))
})
