import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {isWithin, lossBound, type LossFacts} from '../../../src/lib/database/failover/loss.ts'
import {parseLossLimit} from '../../../src/lib/loss-limit.ts'

const position = (host: string, lsn = '0/5000100') => ({host, lsn, timeline: 7, systemIdentifier: '1'})
const facts = (some: Partial<LossFacts>): LossFacts => ({
  from: 'db1',
  members: ['db1', 'db2', 'db3'],
  synchronousNames: 'ANY 1 (db1, db2, db3)',
  positions: [position('db2'), position('db3')],
  endOnDisk: undefined,
  isDiskReadable: false,
  heartbeatAgeSeconds: 3,
  ...some,
})

describe('what may be missing after a loss', () => {
  test.each([
    {what: 'both standbys that a commit may have waited for were read', facts: facts({}), bytes: 0, seconds: 0},
    {what: 'one of the two is silent: it may be the one that acknowledged', facts: facts({positions: [position('db2')]}), bytes: undefined, seconds: 3},
    {what: 'commits waited for both, and one is enough', facts: facts({synchronousNames: 'ANY 2 (db1, db2, db3)', positions: [position('db2')]}), bytes: 0, seconds: 0},
    {what: 'the list names one standby only, and it was read', facts: facts({synchronousNames: 'db2', positions: [position('db2')]}), bytes: 0, seconds: 0},
    {what: 'the list names a standby that was not read', facts: facts({synchronousNames: 'db3', positions: [position('db2')]}), bytes: undefined, seconds: 3},
    {what: 'replication was asynchronous', facts: facts({synchronousNames: ''}), bytes: undefined, seconds: 3},
    {what: 'asynchronous, and the disk of the lost primary was read', facts: facts({synchronousNames: '', endOnDisk: '0/5000180'}), bytes: 128, seconds: undefined},
    {what: 'the disk says that nothing is missing', facts: facts({synchronousNames: '', endOnDisk: '0/5000100'}), bytes: 0, seconds: 0},
    {what: 'asynchronous, and the disk of the lost primary is going to be read', facts: facts({synchronousNames: '', isDiskReadable: true}), bytes: 0, seconds: 0},
    {what: 'one standby is silent, and the disk of the lost primary is going to be read', facts: facts({positions: [position('db2')], isDiskReadable: true}), bytes: 0, seconds: 0},
    {what: 'no heartbeat is known', facts: facts({synchronousNames: '', heartbeatAgeSeconds: undefined}), bytes: undefined, seconds: undefined},
  ])('$what', ({facts: given, bytes, seconds}) => {
    expect(lossBound(given)).toMatchObject({bytes, seconds})
  }) // prettier-ignore

  test('is nothing for commits that waited, whichever standbys acknowledged them', () => {
    const hosts = ['s1', 's2', 's3', 's4']
    fc.assert(
      fc.property(fc.integer({min: 1, max: 4}), fc.subarray(hosts), fc.shuffledSubarray(hosts), (awaited, read, order) => {
        const bound = lossBound(
          facts({members: ['db1', ...hosts], synchronousNames: `ANY ${awaited} (${hosts.join(', ')})`, positions: read.map((host) => position(host))}),
        )
        const acknowledging = [...order, ...hosts.filter((host) => !order.includes(host))].slice(0, awaited)
        // Proven only when every possible set of acknowledging standbys has one that was read.
        if (bound.bytes === 0) expect(acknowledging.some((host) => read.includes(host))).toBe(true)
      }),
    )
  }) // prettier-ignore
})

test.each([
  {bound: {bytes: 0, seconds: 0}, limit: '0', within: true},
  {bound: {bytes: 100, seconds: undefined}, limit: '0', within: false},
  {bound: {bytes: 100, seconds: undefined}, limit: '2kB', within: true},
  {bound: {bytes: undefined, seconds: 3}, limit: '2kB', within: false},
  {bound: {bytes: undefined, seconds: 3}, limit: '5s', within: true},
  {bound: {bytes: undefined, seconds: 6}, limit: '5s', within: false},
  {bound: {bytes: undefined, seconds: undefined}, limit: '5s', within: false},
  {bound: {bytes: undefined, seconds: undefined}, limit: 'any', within: true},
])('$bound with a limit of $limit: $within', ({bound, limit, within}) => {
  const parsed = parseLossLimit(limit)
  if (!parsed) throw new Error(`${limit} is a limit`)
  expect(isWithin({...bound, because: ''}, parsed)).toBe(within)
})
