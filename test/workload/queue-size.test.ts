import {expect, test} from '@jest/globals'

import {replicasForQueue} from '../../src/lib/workload/queue-size.ts'

test.each([
  {name: 'an empty queue needs one', depth: 0, oldest: 0, each: 2, within: 30, count: 1},
  {name: 'what waits is shared', depth: 42, oldest: 0, each: 2, within: 30, count: 3},
  {name: 'the time that the oldest has waited is gone', depth: 42, oldest: 18, each: 2, within: 30, count: 7},
  {
    name: 'one that has waited too long already is given the whole time again',
    depth: 42,
    oldest: 90,
    each: 2,
    within: 30,
    count: 3,
  },
  {name: 'less time than one job takes is no time', depth: 10, oldest: 29, each: 2, within: 30, count: 1},
  {
    name: 'it is rounded up, but not for a rounding error',
    depth: 3,
    oldest: 0,
    each: 0.1,
    within: 0.3,
    count: 1,
  },
])('$name', ({depth, oldest, each, within, count}) =>
  expect(replicasForQueue({depth, oldestSeconds: oldest, jobSeconds: each}, within).count).toBe(count),
)
