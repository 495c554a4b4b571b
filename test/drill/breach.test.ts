import {expect, test} from '@jest/globals'

import {breachOf} from '../../src/lib/drill/breach.ts'
import type {Looked} from '../../src/lib/drill/looked.ts'

const guard = {probe: 'clients write', forSeconds: 5}
const badAt = (from: number, to: number): Looked => ({
  probe: 'clients write',
  from,
  to,
  state: 'bad',
  said: 'no answer',
})

test.each([
  {title: 'nothing bad', inARow: [], isBreach: false},
  {title: 'a blip', inARow: [badAt(10, 11)], isBreach: false},
  {title: 'just not long enough', inARow: [badAt(10, 11), badAt(13, 14.9)], isBreach: false},
  {title: 'long enough', inARow: [badAt(10, 11), badAt(14, 15)], isBreach: true},
  {title: 'one look that took as long', inARow: [badAt(10, 15)], isBreach: true},
])('$title: a breach is $isBreach', ({inARow, isBreach}) => {
  expect(breachOf(inARow, guard) !== undefined).toBe(isBreach)
})

test('a look without data is as bad as one that failed, and the reason is said', () => {
  const looks: Looked[] = [badAt(0, 1), {...badAt(5, 6), state: 'no-data', said: 'no row'}]
  expect(breachOf(looks, guard)).toBe('clients write was bad for 6.0 s (limit 5 s): no row')
})
