import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {acceptLoss, isWithin, lossBound, type LossFacts} from '../../../src/lib/database/failover/loss.ts'
import {parseLossLimit} from '../../../src/lib/loss-limit.ts'

const position = (host: string, lsn = '0/5000100') => ({host, lsn, timeline: 7, systemIdentifier: '1'})
const facts = (some: Partial<LossFacts>): LossFacts => ({
  from: 'db1',
  unread: [],
  members: ['db1', 'db2', 'db3'],
  synchronousNames: 'ANY 1 (db1, db2, db3)',
  namesUnknown: undefined,
  loweredFor: [],
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
    {what: 'the list names standbys that are no members', facts: facts({synchronousNames: 'ANY 1 (node2, node3)'}), bytes: undefined, seconds: 3},
    {what: 'the list names a receiver that is no member', facts: facts({synchronousNames: 'ANY 1 (db2, db3, barman)'}), bytes: undefined, seconds: 3},
    {what: 'commits waited for a standby and a receiver that is no member', facts: facts({synchronousNames: 'FIRST 2 (db2, barman)', positions: [position('db2')]}), bytes: 0, seconds: 0},
    {what: 'commits waited for more than are listed', facts: facts({synchronousNames: 'ANY 3 (db1, db2, db3)'}), bytes: undefined, seconds: 3},
    {what: 'a standby is listed twice', facts: facts({synchronousNames: 'FIRST 2 (db2, DB2)'}), bytes: undefined, seconds: 3},
    {what: 'anybody who streams may have acknowledged', facts: facts({synchronousNames: 'ANY 1 (*)'}), bytes: undefined, seconds: 3},
    {what: 'the list has the names of slots', facts: facts({from: 'db-1', members: ['db-1', 'db-2', 'db-3'], synchronousNames: 'ANY 1 (db_1, DB_2, db_3)', positions: [position('db-2'), position('db-3')]}), bytes: 0, seconds: 0},
    {what: 'nobody knows for whom the last commits waited', facts: facts({namesUnknown: 'the newest heartbeat is too old'}), bytes: undefined, seconds: 3},
    {what: 'the same, and the disk of the lost primary is going to be read', facts: facts({namesUnknown: 'the newest heartbeat is too old', isDiskReadable: true}), bytes: 0, seconds: 0},
    {what: 'commits of some role wait for nobody', facts: facts({loweredFor: ['batch']}), bytes: undefined, seconds: 3},
    {what: 'nobody knows who was primary last, and a member was not read', facts: facts({from: undefined, unread: ['db1']}), bytes: undefined, seconds: undefined},
    {what: 'nobody knows who was primary last, and every member was read', facts: facts({from: undefined}), bytes: 0, seconds: 0},
    {what: 'no heartbeat is known', facts: facts({synchronousNames: '', heartbeatAgeSeconds: undefined}), bytes: undefined, seconds: undefined},
  ])('$what', ({facts: given, bytes, seconds}) => {
    expect(lossBound(given)).toMatchObject({bytes, seconds})
  }) // prettier-ignore

  test('is nothing for commits that waited, whichever of those that are listed acknowledged them', () => {
    const standbys = ['s1', 's2', 's3', 's4']
    const listed = fc.shuffledSubarray(['db1', ...standbys, 'barman', 'node2'], {minLength: 1})
    fc.assert(
      fc.property(fc.integer({min: 1, max: 6}), listed, fc.subarray(standbys), (awaited, names, read) => {
        const bound = lossBound(
          facts({members: ['db1', ...standbys], synchronousNames: `ANY ${awaited} (${names.join(', ')})`, positions: read.map((host) => position(host))}),
        )
        // The worst case: those that were not read acknowledged first.
        const eligible = names.filter((name) => name !== 'db1')
        const acknowledging = eligible.toSorted((one, other) => Number(read.includes(one)) - Number(read.includes(other))).slice(0, awaited)
        const isProved = eligible.length >= awaited && acknowledging.some((name) => read.includes(name))
        expect(bound.bytes === 0).toBe(isProved)
      }),
    )
  }) // prettier-ignore

  test('says whom nobody could read', () => {
    expect(lossBound(facts({synchronousNames: 'ANY 1 (db2, barman)'})).because).toBe(
      'commits waited for 1 of db2, barman (barman: not in the fleet file), but only 1 of them could be read and 2 are needed; the newest heartbeat is 3.0 s old',
    )
  })
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

test.each([
  {bytes: 2048, seconds: undefined, limit: '2048'},
  {bytes: undefined, seconds: 4.2, limit: '2m'},
  {bytes: undefined, seconds: undefined, limit: 'any'},
])('what accepts $bytes bytes, $seconds s is --max-loss $limit, and covers them', ({limit, ...known}) => {
  const bound = {...known, because: ''}
  expect(acceptLoss(bound, 'main', 'db1')).toContain(`pp failover db main --from db1 --max-loss ${limit}`)
  expect(isWithin(bound, parseLossLimit(limit)!)).toBe(true)
})
