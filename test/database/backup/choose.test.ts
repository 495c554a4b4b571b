import {describe, expect, test} from '@jest/globals'

import {chooseBackup} from '../../../src/lib/database/backup/choose.ts'
import type {RepositoryBackup} from '../../../src/lib/drivers/helper/verbs.ts'

const noon = Date.UTC(2026, 10, 26, 12) / 1000
const hour = 3600

function backup(label: string, stoppedAt: number, lastLsn: string): RepositoryBackup {
  return {
    label,
    type: 'full',
    hasErrors: false,
    startedAt: stoppedAt - 60,
    stoppedAt,
    bytes: 1,
    repositoryBytes: 1,
    wal: {first: 'A', last: 'B'},
    lsn: {first: '0/1', last: lastLsn},
    needs: [],
  }
}

const backups = [
  backup('early', noon - 2 * hour, '0/300'),
  backup('middle', noon - hour, '0/A00'),
  backup('late', noon, '1/100'),
]
const now = new Date((noon + hour) * 1000)
const at = (seconds: number) => new Date(seconds * 1000)
const choose = (target: {label?: string; time?: Date; lsn?: string}, of = backups) => {
  const choice = chooseBackup(of, {label: undefined, time: undefined, lsn: undefined, ...target}, now)
  return choice.kind === 'chosen' ? choice.backup.label : choice.code
}

describe('a restore begins from', () => {
  test.each([
    {name: 'the newest backup when it has no target', target: {}, chosen: 'late'},
    {name: 'the newest that ended before its moment', target: {time: at(noon - 10)}, chosen: 'middle'},
    {
      name: 'none that ended in the very second of it: that is all that is known of its end',
      target: {time: new Date(noon * 1000 + 500)},
      chosen: 'middle',
    },
    {name: 'one that ended a second before', target: {time: at(noon + 1)}, chosen: 'late'},
    {name: 'the newest that ended before its position', target: {lsn: '0/FFF'}, chosen: 'middle'},
    {name: 'one that ended at it', target: {lsn: '1/100'}, chosen: 'late'},
    {name: 'the one that is named', target: {label: 'early'}, chosen: 'early'},
    {
      name: 'the one that is named, for a later moment',
      target: {label: 'early', time: at(noon)},
      chosen: 'early',
    },
  ])('$name', ({target, chosen}) => {
    expect(choose(target)).toBe(chosen)
    expect(choose(target, backups.toReversed())).toBe(chosen)
  })

  test.each([
    {name: 'nothing when there is no backup', target: {}, of: [], code: 'NO_BACKUP'},
    {name: 'nothing of a label that is not there', target: {label: 'x'}, of: backups, code: 'BACKUP_UNKNOWN'},
    {
      name: 'nothing for a moment before all of them',
      target: {time: at(noon - 3 * hour)},
      of: backups,
      code: 'NO_BACKUP_BEFORE',
    },
    {
      name: 'nothing for a moment before the one that is named',
      target: {label: 'late', time: at(noon - hour)},
      of: backups,
      code: 'NO_BACKUP_BEFORE',
    },
    {
      name: 'nothing for a moment that has not come',
      target: {time: at(noon + 2 * hour)},
      of: backups,
      code: 'TARGET_IN_FUTURE',
    },
  ])('$name', ({target, of, code}) => {
    expect(choose(target, of)).toBe(code)
  })
})
