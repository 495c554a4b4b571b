import {expect, test} from '@jest/globals'

import {showJournal} from '../../src/lib/operation/show.ts'
import {widest} from '../widest.ts'

test('a journal fits a terminal of 80 columns', () => {
  const data = {
    kind: 'prove',
    proof: {replayLsn: '0/70000A0', system: '7431000000000000001', why: 'long '.repeat(60)},
  }
  const operation = {
    id: '06FK595R22',
    kind: 'database-switchover',
    target: 'main',
    owner: 'ana@ops1',
    openedAt: '',
    step: 'prove',
    outcome: undefined,
  }
  const record = {n: 0, at: '2026-11-25T03:00:00.000Z', type: 'step-done', token: 1, data, previous: ''}
  const shown = showJournal(operation, [record], 80)
  expect(widest(shown)).toBeLessThanOrEqual(80)
  expect(shown.replaceAll(/\s+/g, ' ')).toContain('"replayLsn": "0/70000A0"')
})
