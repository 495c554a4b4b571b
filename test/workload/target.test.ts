import {expect, test} from '@jest/globals'

import {parseSurge, parseTarget, wantedReplicas} from '../../src/lib/workload/target.ts'

test.each([
  {text: '24', now: 7, wanted: 24},
  {text: '0', now: 7, wanted: 0},
  {text: '+6', now: 7, wanted: 13},
  {text: '-4', now: 7, wanted: 3},
  {text: '-9', now: 7, wanted: -2},
  {text: 'x3', now: 7, wanted: 21},
  {text: 'x1.1', now: 10, wanted: 11},
  {text: 'x1.5', now: 7, wanted: 11},
  {text: 'x0.5', now: 7, wanted: 4},
])('$text of $now is $wanted', ({text, now, wanted}) => {
  expect(wantedReplicas(parseTarget(text)!, now)).toBe(wanted)
})

test.each(['', 'x', '+', '2.5', '+1.5', '--4', '24 Pods', '3x', '1e3', '999999', 'x5000', 'ten'])(
  '"%s" is no target',
  (text) => expect(parseTarget(text)).toBeUndefined(),
)

test('a surge is a share of what runs now, and never less than that', () => {
  expect(wantedReplicas(parseSurge('300%')!, 7)).toBe(21)
  expect(wantedReplicas(parseSurge('150%')!, 7)).toBe(11)
  expect(['300', '50%', '-300%', 'x3', '%'].map(parseSurge)).toEqual(Array(5).fill(undefined))
})
