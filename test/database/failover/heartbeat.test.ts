import {describe, expect, test} from '@jest/globals'

import {newestHeartbeat, unknownByNow, type Beat} from '../../../src/lib/database/failover/heartbeat.ts'

const now = 1_000_000
const names = 'ANY 1 (db1, db2, db3)'
/** A standby that ran for long, and heard nothing of its primary after its newest row, two seconds ago. */
const beat = (some: Partial<Beat>): Beat => ({
  host: 'db2',
  synchronousNames: names,
  writtenAt: now - 2,
  heardAt: now - 1.9,
  startedAt: now - 90_000,
  now,
  ...some,
})

describe('what standbys know of a lost primary', () => {
  test.each([
    {what: 'a moment ago', beats: [beat({})], outdated: undefined},
    {what: 'ten minutes ago, and nothing since', beats: [beat({writtenAt: now - 600, heardAt: now - 599})], outdated: undefined},
    {what: 'an hour ago: it may have gone on alone', beats: [beat({writtenAt: now - 3600, heardAt: now - 3599})], outdated: /60 min/},
    {what: 'and commits were replayed for long after it', beats: [beat({writtenAt: now - 60})], outdated: /still heard 58 s after/},
    {what: 'and another standby heard the primary for long after it', beats: [beat({writtenAt: now - 60, heardAt: now - 60}), beat({host: 'db3', writtenAt: now - 70})], outdated: /still heard 58 s after/},
    {what: 'before its standby was started', beats: [beat({writtenAt: now - 60, heardAt: null, startedAt: now - 30})], outdated: /db2 was itself away/},
  ])('the newest heartbeat came $what', ({beats, outdated}) => {
    const found = newestHeartbeat(beats)?.outdated
    if (outdated) expect(found).toMatch(outdated)
    else expect(found).toBeUndefined()
  }) // prettier-ignore

  test('a standby that is behind does not speak for the others', () => {
    const behind = beat({writtenAt: now - 100, heardAt: now - 100})
    expect(newestHeartbeat([behind, beat({host: 'db3', synchronousNames: ''})])).toMatchObject({
      synchronousNames: '',
      ageSeconds: 2,
      outdated: undefined,
    })
  })

  test('a clock that is behind makes no heartbeat of the future', () => {
    expect(newestHeartbeat([beat({writtenAt: now + 3, heardAt: now + 3})])?.ageSeconds).toBe(0)
  })

  test.each([
    {what: 'as it was', heartbeat: newestHeartbeat([beat({})]), unknown: /^$/},
    {what: 'changed', heartbeat: newestHeartbeat([beat({synchronousNames: ''})]), unknown: /became ""/},
    {what: 'not known', heartbeat: undefined, unknown: /^$/},
  ])('once nothing streams any more the names are $what', ({heartbeat, unknown}) => {
    expect(unknownByNow({lostSynchronousNames: names}, heartbeat) ?? '').toMatch(unknown)
  })
})
