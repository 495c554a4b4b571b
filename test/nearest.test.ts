import {expect, test} from '@jest/globals'

import {nearest} from '../src/lib/nearest.ts'

test.each([
  {word: 'failvoer db', nearestName: 'failover db', because: 'two letters are swapped'},
  {word: 'prod', nearestName: 'production', because: 'the word was cut short'},
  {word: 'STATUS', nearestName: 'status', because: 'case does not count'},
  {word: 'terraform', nearestName: undefined, because: 'nothing is near'},
])('$word suggests $nearestName: $because', ({word, nearestName}) => {
  expect(nearest(word, ['failover db', 'production', 'status', 'op list'])).toBe(nearestName)
})
