import {expect, test} from '@jest/globals'

import {arrivals} from './k6/arrivals.ts'

test('a constant rate begins one at once and then one in each of its intervals', () => {
  const starts = arrivals({timeUnit: '1m', rate: 30, duration: '1m'})
  expect(starts).toHaveLength(30)
  expect(starts[0]).toBeCloseTo(0, 1)
  expect(starts[1]).toBeCloseTo(2, 1)
  expect(starts.at(-1)).toBeCloseTo(58, 1)
})

test('a ramp has as many as the area below it; a scenario that begins later begins later', () => {
  const stages = [
    {target: 120, duration: '10s'},
    {target: 120, duration: '1m30s'},
    {target: 30, duration: '10s'},
  ]
  const starts = arrivals({startTime: '30s', timeUnit: '1m', startRate: 30, stages})
  const inside = (from: number, to: number) => starts.filter((start) => start >= from && start < to).length
  expect(starts[0]).toBeCloseTo(30, 1)
  // 75 a minute on the way up and down, 120 between.
  expect([inside(30, 40), inside(40, 130), inside(130, 140)]).toEqual([13, 180, 13])
})
