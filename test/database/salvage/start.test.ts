import {expect, test} from '@jest/globals'

import {salvageStart, type Having} from '../../../src/lib/database/salvage/start.ts'
import {segmentName} from '../../../src/lib/database/salvage/take.ts'

const member = (changes: Partial<Having>): Having => ({
  host: 'db2',
  isWritable: false,
  timeline: 7,
  lsn: '0/5000000',
  ancestors: [],
  ...changes,
})
const promoted = {
  isWritable: true,
  timeline: 8,
  lsn: '0/9000000',
  ancestors: [{timeline: 7, lsn: '0/6000000'}],
}

test.each([
  {
    name: 'what a lost primary has begins at the furthest standby',
    others: [member({}), member({lsn: '0/10000000'})],
    from: '0/10000000',
  },
  {
    name: 'what a replaced primary has begins at the fork, whatever another standby has',
    others: [member(promoted), member({lsn: '0/7000000'})],
    from: '0/6000000',
  },
  {
    name: 'standbys of the new timeline have the old one up to the fork',
    others: [member({...promoted, isWritable: false})],
    from: '0/6000000',
  },
  {
    name: 'where nobody has that timeline, it begins nowhere',
    others: [member({timeline: 9, ancestors: [{timeline: 6, lsn: '0/4000000'}]})],
    from: undefined,
  },
  {name: 'where nobody answers, it begins nowhere', others: [], from: undefined},
])('$name', ({others, from}) => expect(salvageStart(7, others)).toBe(from))

test('a segment is named as PostgreSQL names it', () => {
  expect(segmentName(1, 0xabn, 16 * 1024 * 1024)).toBe('0000000100000000000000AB')
  expect(segmentName(2, 0x105n, 16 * 1024 * 1024)).toBe('000000020000000100000005')
})
