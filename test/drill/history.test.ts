import {expect, test} from '@jest/globals'

import {trendOf} from '../../src/lib/drill/report/history.ts'
import {passed} from '../fakes/drill-reports.ts'

const run = (seconds: number | undefined) => {
  const {rto} = passed()
  return passed({rto: seconds === undefined ? undefined : {...rto!, seconds}})
}
const trend = (...seconds: (number | undefined)[]) => trendOf(seconds.map(run))

test.each([
  {title: 'two earlier runs are too few', runs: [3, 3, 9], isRegression: undefined},
  {title: 'one without an RTO does not count', runs: [3, undefined, 3, 9], isRegression: undefined},
  {title: 'nothing is said of a run without an RTO', runs: [3, 3, 3, undefined], isRegression: undefined},
  {title: 'as usual', runs: [3, 4, 3, 3.5], isRegression: false},
  {title: 'slower by a fifth, but by no half second', runs: [1, 1, 1, 1.4], isRegression: false},
  {title: 'slower by half a second, but by no fifth', runs: [10, 10, 10, 11], isRegression: false},
  {title: 'slower by both', runs: [3, 3, 3, 4], isRegression: true},
])('$title: a regression is $isRegression', ({runs, isRegression}) => {
  expect(trend(...runs).isRegression).toBe(isRegression)
})

test('the median is of the earlier runs, and each run has its bar', () => {
  expect(trend(1, 2, 8, 4)).toMatchObject({medianRtoSeconds: 2, sparkline: '▁▂█▄'})
  expect(trend(1, 3, 9)).toMatchObject({medianRtoSeconds: 2})
  expect(trend(2, undefined, 2).sparkline).toBe('▄ ▄')
})
