import {expect, test} from '@jest/globals'

import {backupWarnings, isOverdue, type BackupState} from '../../../src/lib/database/backup/age.ts'

const one = {
  label: '20261126-101615F',
  type: 'full' as const,
  hasErrors: false,
  startedAt: 1,
  stoppedAt: 2,
  bytes: 1,
  repositoryBytes: 1,
  wal: {first: 'A', last: 'B'},
  lsn: {first: '0/1', last: '0/2'},
  needs: [],
  ageSeconds: 3600,
}
const state = (changes: Partial<BackupState> = {}): BackupState => ({
  host: 'edge1',
  backups: [one],
  maxAgeHours: 2,
  last: null,
  queues: [],
  ...changes,
})

test('a backup that is young enough is nothing to say a word about', () => {
  expect(isOverdue(state())).toBe(false)
  expect(backupWarnings(state())).toEqual([])
})

test('one that is too old is, and the youngest decides', () => {
  expect(isOverdue(state({maxAgeHours: 0.5}))).toBe(true)
  expect(backupWarnings(state({maxAgeHours: 0.5}))).toEqual([
    'the newest backup is 1 h old (0.5 h are allowed): pp db backup',
  ])
  const older = {...one, stoppedAt: 1, ageSeconds: 90_000}
  expect(isOverdue(state({backups: [one, older]}))).toBe(false)
})

test('no backup is overdue only where an age is allowed, and is said in any case', () => {
  expect(isOverdue(state({backups: []}))).toBe(true)
  expect(isOverdue(state({backups: [], maxAgeHours: undefined}))).toBe(false)
  expect(backupWarnings(state({backups: [], maxAgeHours: undefined}))).toEqual([
    'edge1 has no backup yet: pp db backup',
  ])
})

test('one that failed is said until there is a newer one, whoever has made that', () => {
  const last = {type: 'incr', endedAt: '1970-01-01T00:00:05.000Z', problem: 'no space left'}
  expect(backupWarnings(state({last}))).toEqual([
    'the incr backup of 1970-01-01T00:00:05.000Z failed (no space left): pp db backup',
  ])
  expect(backupWarnings(state({last, backups: [{...one, stoppedAt: 6}]}))).toEqual([])
  expect(backupWarnings(state({last: {...last, problem: null}}))).toEqual([])
})

test('WAL that waits for more than ten minutes, and damaged pages, are said', () => {
  const queues = [
    {host: 'db1', waiting: 2, oldestSeconds: 700},
    {host: 'db2', waiting: 1, oldestSeconds: 5},
  ]
  expect(backupWarnings(state({queues, backups: [{...one, hasErrors: true}]}))).toEqual([
    expect.stringContaining('found pages with wrong checksums'),
    expect.stringMatching(/^2 WAL files of db1 wait for the repository, the oldest for 11 m 40 s/),
  ])
})
