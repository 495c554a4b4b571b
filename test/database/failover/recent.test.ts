import {expect, test} from '@jest/globals'

import {secondFailover} from '../../../src/lib/database/failover/recent.ts'
import type {JournalRecord} from '../../../src/lib/operation/journal.ts'

const now = Date.parse('2026-11-25T04:00:00Z')

/** A failover that somebody began twenty minutes ago; spell out only what it did. */
function journal(
  lines: readonly (readonly [string, object])[],
  {kind = 'database-failover', target = 'main', at = '2026-11-25T03:40:00Z'} = {},
) {
  const opened = ['opened', {kind, target, operator: {owner: 'ben@laptop2'}}] as const
  const records = [opened, ...lines].map(([type, data], n): JournalRecord => ({
    n,
    at,
    type,
    token: 1,
    data,
    previous: '',
  }))
  return {id: 'OP1', records}
}
const intended = ['step-intent', {kind: 'promote'}] as const
const promoted = ['step-done', {kind: 'promote'}] as const
const back = ['direction', {direction: 'back'}] as const
const closed = (outcome: string) => ['closed', {outcome}] as const

const cases = [
  {what: 'one that went through', before: journal([intended, promoted, closed('done')])},
  {what: 'one that is unfinished after its promotion', before: journal([intended, promoted])},
  {what: 'one that may have promoted', before: journal([intended])},
]
test.each(cases)('is refused after $what, whoever began it', ({before}) => {
  expect(secondFailover('main', [before], now)).toMatchObject({
    code: 'FAILED_OVER_RECENTLY',
    exitCode: 3,
    message: expect.stringContaining('ben@laptop2'),
    hint: expect.stringContaining('pp failover db main --again'),
  })
})

test.each([
  {what: 'one that was taken back', before: journal([back, closed('undone')])},
  {
    what: 'one that was taken back with something left to do',
    before: journal([intended, back, closed('degraded')]),
  },
  {what: 'a planned change', before: journal([promoted, closed('done')], {kind: 'database-switchover'})},
  {what: 'one of another database', before: journal([promoted, closed('done')], {target: 'other'})},
  {
    what: 'one more than an hour ago',
    before: journal([promoted, closed('done')], {at: '2026-11-25T02:59:59Z'}),
  },
])('is allowed after $what', ({before}) => {
  expect(secondFailover('main', [before], now)).toBeUndefined()
})
