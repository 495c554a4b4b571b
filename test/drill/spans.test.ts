import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import type {Looked} from '../../src/lib/drill/looked.ts'
import {spansOf} from '../../src/lib/drill/report/spans.ts'

const look = (from: number, state: 'good' | 'bad', lasted = 0.1, probe = 'page'): Looked => ({
  probe,
  from,
  to: from + lasted,
  state,
  said: '',
})
const shown = (looks: readonly Looked[]) =>
  spansOf(looks, {page: 1}).map(({from, to, state}) => [from, to, state])

describe('what a probe said when', () => {
  test('is one span as long as it says the same', () => {
    const looks = [
      look(10, 'good'),
      look(11, 'good'),
      look(12, 'bad'),
      look(13, 'bad'),
      look(14, 'good', 0.5),
    ]
    expect(shown(looks)).toEqual([
      [10, 12, 'good'],
      [12, 14, 'bad'],
      [14, 14.5, 'good'],
    ])
  })

  test('is not known for more than three paces without a look', () => {
    expect(shown([look(10, 'good', 1), look(14, 'good', 1)])).toEqual([[10, 15, 'good']])
    expect(shown([look(10, 'good', 1), look(14.5, 'good', 1)])).toEqual([
      [10, 11, 'good'],
      [11, 14.5, 'no-data'],
      [14.5, 15.5, 'good'],
    ])
  })

  test('has no hole while one look hangs', () => {
    expect(shown([look(10, 'good'), look(11, 'bad', 20), look(31, 'good')])).toEqual([
      [10, 11, 'good'],
      [11, 31, 'bad'],
      [31, 31.1, 'good'],
    ])
  })

  test('is told for each probe by itself, in the order of time', () => {
    const looks = [look(1, 'bad', 1, 'port'), look(0, 'good', 1), look(1, 'good', 1)]
    expect(spansOf(looks, {page: 1, port: 1})).toEqual([
      {probe: 'page', from: 0, to: 2, state: 'good'},
      {probe: 'port', from: 1, to: 2, state: 'bad'},
    ])
  })

  test('has no hole between its spans, no overlap, and no neighbours of the same state', () => {
    const anyLooks = fc.array(
      fc
        .tuple(
          fc.integer({min: 0, max: 100}),
          fc.constantFrom('good' as const, 'bad' as const),
          fc.integer({min: 0, max: 9}),
        )
        .map(([at, state, lasted]) => look(at, state, lasted)),
      {minLength: 1, maxLength: 30},
    )
    fc.assert(
      fc.property(anyLooks, (looks) => {
        const spans = spansOf(looks, {page: 1})
        expect(spans[0]?.from).toBe(Math.min(...looks.map(({from}) => from)))
        expect(spans.at(-1)?.to).toBe(Math.max(...looks.map(({to}) => to)))
        for (const [index, {from, to, state}] of spans.entries()) {
          expect(to).toBeGreaterThanOrEqual(from)
          const next = spans[index + 1]
          if (next === undefined) continue
          expect(next.from).toBe(to)
          expect(next.state).not.toBe(state)
        }
      }),
    )
  })
})
