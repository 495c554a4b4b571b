import {expect, test} from '@jest/globals'

import {parseTargetLsn, parseTargetTime, postgresTime} from '../../../src/lib/database/backup/target.ts'
import {backupStepText, restoreStepText} from '../../../src/lib/database/backup/step-text.ts'

test.each([
  ['2026-11-26 10:11:12Z', '2026-11-26 10:11:12.000+00'],
  ['2026-11-26T10:11Z', '2026-11-26 10:11:00.000+00'],
  ['2026-11-26T11:11:12.3456+01:00', '2026-11-26 10:11:12.345+00'],
])('the moment %s is understood', (text, shown) => {
  expect(postgresTime(parseTargetTime(text))).toBe(shown)
})

test.each(['2026-11-26 10:11:12', 'yesterday', '2026-13-26 10:11:12Z', '10:11Z', ''])(
  'a moment without zone, or none at all, is refused: %s',
  (text) => {
    expect(() => parseTargetTime(text)).toThrow(expect.objectContaining({code: 'TARGET_TIME_INVALID'}))
  },
)

test('a position is two hexadecimal numbers', () => {
  expect(parseTargetLsn('1a/ff')).toBe('1A/FF')
  expect(() => parseTargetLsn('1A')).toThrow(expect.objectContaining({code: 'TARGET_LSN_INVALID'}))
})

test('progress says what is done, how far, and how long the rest takes at that speed', () => {
  const run = {type: 'full', startedAt: ''}
  expect(backupStepText({...run, step: 'copy', percent: 25}, 10)).toBe('copies, 25 %, 30 s left')
  expect(backupStepText({...run, step: 'archive', percent: null}, 10)).toMatch(/^waits for its last WAL/)
  expect(restoreStepText({label: '', time: '', step: 'recover', percent: null, detail: '0000A'}, 1)).toBe(
    'rolls forward, 0000A',
  )
})
