import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import type {Fate} from '../../src/lib/drivers/application/fate.ts'
import type {Marker} from '../../src/lib/drivers/prober/types.ts'
import {acknowledgedOf, gapOf, looksOfMarkers, lostOf, outagesOf} from '../../src/lib/drill/report/markers.ts'

const marker = (n: number, fate: Fate, startedAt: number, endedAt: number): Marker => ({
  n,
  fate,
  startedAt,
  endedAt,
  at: '',
  code: fate === 'acknowledged' ? null : 'X',
})
const acknowledged = (n: number, endedAt: number) => marker(n, 'acknowledged', endedAt - 0.25, endedAt)
const range = (first: number, last = first) => ({writer: 'drill-R1', first, last, extra: 0})

const anyMarkers = fc
  .array(
    fc.record({
      fate: fc.constantFrom<Fate>('acknowledged', 'failed', 'unknown'),
      startedAt: fc.double({min: 0, max: 100, noNaN: true}),
      lasted: fc.double({min: 0, max: 5, noNaN: true}),
    }),
    {maxLength: 40},
  )
  .map((list) =>
    list.map(({fate, startedAt, lasted}, index) => marker(index + 1, fate, startedAt, startedAt + lasted)),
  )

describe('the gap', () => {
  const outage = [
    acknowledged(1, 10),
    acknowledged(2, 11),
    marker(3, 'unknown', 11.5, 14),
    marker(4, 'failed', 12.5, 12.6),
    acknowledged(5, 16),
    acknowledged(6, 17),
  ]

  test('lasts from the last answer before to the first answer after', () => {
    expect(gapOf(outage, 10, 17)).toEqual({
      from: 11,
      to: 16,
      seconds: 5,
      isOver: true,
      longestPauseSeconds: 3.25,
    })
  })

  test('counts whole when it only reaches into the stretch, and not at all outside of it', () => {
    expect(gapOf(outage, 15, 17)).toMatchObject({from: 11, to: 16})
    expect(gapOf(outage, 16, 17)).toMatchObject({from: 16, to: 17})
  })

  test('goes on to where it was measured when nothing was answered any more', () => {
    expect(gapOf(outage, 10, 30)).toMatchObject({from: 17, to: 30, isOver: false, seconds: 13})
  })

  test('is none where nothing was ever answered', () => {
    expect(gapOf([marker(1, 'failed', 1, 2)], 0, 10)).toBeUndefined()
  })

  test('ends with the answer that came first, whichever row was sent first', () => {
    const held = [acknowledged(1, 10), marker(2, 'acknowledged', 10.1, 15), marker(3, 'acknowledged', 12, 14)]
    expect(gapOf(held, 10, 15)).toMatchObject({from: 10, to: 14})
  })

  test('of several is each one that is longer than asked for', () => {
    const twice = [10, 11, 15, 16, 20, 21].map((end, index) => acknowledged(index + 1, end))
    expect(outagesOf(twice, {from: 0, to: 21}, 2).map(({from, to}) => [from, to])).toEqual([
      [11, 15],
      [16, 20],
    ])
  })

  test('is never negative, holds no answer inside, and no outage is longer', () => {
    fc.assert(
      fc.property(anyMarkers, fc.double({min: 0, max: 100, noNaN: true}), (markers, from) => {
        const gap = gapOf(markers, from, 106)
        if (gap === undefined) return
        expect(gap.seconds).toBeGreaterThanOrEqual(0)
        expect(gap.longestPauseSeconds).toBeLessThanOrEqual(gap.seconds)
        const inside = markers.filter(
          ({fate, endedAt}) => fate === 'acknowledged' && endedAt > gap.from && endedAt < gap.to,
        )
        expect(inside).toEqual([])
        for (const outage of outagesOf(markers, {from, to: 106}, -1))
          expect(outage.seconds).toBeLessThanOrEqual(gap.seconds)
      }),
    )
  })
})

describe('what is lost', () => {
  const some = [
    acknowledged(1, 1),
    acknowledged(2, 2),
    marker(3, 'unknown', 2, 4),
    marker(4, 'failed', 3, 4),
    acknowledged(5, 5),
    // 6 has no line: its prober was killed meanwhile.
    acknowledged(7, 7),
  ]

  test('is what was acknowledged and is not there', () => {
    expect(lostOf(some, [range(1), range(7)])).toEqual({
      acknowledged: 4,
      found: 2,
      lost: [2, 5],
      unknownFound: 0,
      unknownMissing: 2,
    })
  })

  test('is not what nobody answered for, there or not there, nor what was under way in the end', () => {
    expect(lostOf(some, [range(1, 3), range(5, 8)])).toMatchObject({
      lost: [],
      unknownFound: 3,
      unknownMissing: 0,
    })
  })

  test('is not what was said to have failed and is there all the same', () => {
    expect(lostOf(some, [range(1, 2), range(4, 5), range(7)])).toMatchObject({lost: [], unknownFound: 1})
  })

  test('is all of it when the table is empty', () => {
    expect(lostOf(some, []).lost).toEqual([1, 2, 5, 7])
  })

  test('is always a part of what was acknowledged, and what is left of that was found', () => {
    const present = fc.uniqueArray(fc.integer({min: 1, max: 60}))
    fc.assert(
      fc.property(anyMarkers, present, (markers, numbers) => {
        const result = lostOf(
          markers,
          numbers.map((n) => range(n)),
        )
        const known = acknowledgedOf(markers)
        expect(result.lost.every((n) => known.includes(n) && !numbers.includes(n))).toBe(true)
        expect(result.found + result.lost.length).toBe(result.acknowledged)
        expect(result.found + result.unknownFound).toBe(numbers.length)
        expect(result.unknownMissing).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

test('as looks, rows that were answered late were no service', () => {
  const looks = looksOfMarkers(
    [marker(1, 'acknowledged', 1, 1.1), marker(2, 'acknowledged', 2, 4), marker(3, 'unknown', 3, 5)],
    'rows',
    0.5,
  )
  expect(looks.map(({state, said}) => [state, said])).toEqual([
    ['good', 'acknowledged'],
    ['bad', 'acknowledged late'],
    ['bad', 'X'],
  ])
})
