import {describe, expect, test} from '@jest/globals'

import {history, pastChange} from '../../src/lib/database/history.ts'
import {showHistory} from '../../src/lib/database/show-history.ts'
import type {JournalRecord} from '../../src/lib/operation/journal.ts'
import {widest} from '../widest.ts'

const intent = {from: 'db1', to: 'db2', timeline: 3, database: 'main'}

/** A journal whose lines are a second apart. */
const journal = (kind: string, more: object, ...lines: readonly [string, object][]): JournalRecord[] =>
  [
    ['opened', {kind, target: 'main', intent: {...intent, ...more}, operator: {owner: 'ana@ops1'}}] as const,
    ...lines,
  ].map(([type, data], n) => ({
    n,
    at: `2026-11-25T03:00:0${n}.000Z`,
    type,
    token: 1,
    data,
    previous: '',
  }))

const planned = journal(
  'database-switchover',
  {},
  ['step-intent', {kind: 'pause'}],
  ['step-done', {kind: 'promote'}],
  ['step-done', {kind: 'route'}],
  ['closed', {outcome: 'done'}],
)
const lost = journal(
  'database-failover',
  {condition: 'host-dead', because: 'its power is off', timeline: 4},
  ['step-intent', {kind: 'hold'}],
  ['step-done', {kind: 'measure', proof: {bound: {bytes: 128}}}],
  ['step-done', {kind: 'promote'}],
  ['step-done', {kind: 'release'}],
)

describe('past changes of primary', () => {
  test('a planned one has lost nothing; how long clients were held is between its own lines', () => {
    expect(pastChange('OP1', planned)).toMatchObject({
      operation: 'OP1',
      who: 'ana@ops1',
      from: 'db1',
      to: 'db2',
      why: null,
      timeline: {before: 3, after: 4},
      heldMs: 2000,
      lossBytes: 0,
      outcome: 'done',
    })
  })

  test('an unplanned one says what was the matter and what may be missing, and that it is not finished', () => {
    expect(pastChange('OP2', lost)).toMatchObject({
      why: 'host-dead: its power is off',
      lossBytes: 128,
      outcome: 'unfinished',
    })
  })

  test('an operation that has promoted nobody is none', () => {
    expect(pastChange('OP3', planned.slice(0, 2))).toBeUndefined()
    expect(
      pastChange('OP4', journal('database-rejoin', {}, ['step-done', {kind: 'promote'}])),
    ).toBeUndefined()
  })

  test('what somebody else did shows with what the timeline file knows, newest first', () => {
    const known = [planned, lost].flatMap((records, n) => pastChange(`OP${n}`, records) ?? [])
    const all = history(known, [
      {timeline: 2, lsn: '0/3000000'},
      {timeline: 3, lsn: '0/5000000'},
    ])
    expect(all.map(({operation, timeline, forkLsn}) => [timeline.after, operation, forkLsn])).toEqual([
      [5, 'OP1', null],
      [4, 'OP0', '0/5000000'],
      [3, null, '0/3000000'],
    ])
    expect(showHistory(all).split('\n')).toEqual([
      expect.stringMatching(/^2026-11-25T03:00:00 {2}timeline 5 {2}db1 → db2 .* unplanned .* loss 128 B/),
      '    host-dead: its power is off',
      expect.stringMatching(/planned .* held 2000 ms .* done/),
      expect.stringMatching(/^\? +timeline 3$/),
      '    began at 0/3000000; neither this machine nor a voter has its journal',
    ])
    expect(widest(showHistory(all, 80))).toBeLessThanOrEqual(80)
  })
})
