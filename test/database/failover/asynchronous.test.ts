import {describe, expect, test} from '@jest/globals'

import {asynchronousTime} from '../../../src/lib/database/failover/asynchronous.ts'
import {changeReport, showReport} from '../../../src/lib/database/report.ts'
import type {JournalRecord} from '../../../src/lib/operation/journal.ts'
import {healthyCluster, withSynchronousNames} from '../../fakes/cluster-state.ts'
import {failoverIntent} from '../../fakes/lost-cluster.ts'

const names = 'ANY 1 (db1, db2, db3)'
/** A journal whose lines are two seconds apart. */
const journal = (...lines: readonly (readonly [string, string, object?])[]): JournalRecord[] =>
  lines.map(([type, kind, proof], n) => ({
    n,
    at: `2026-11-25T03:00:${String(n * 2).padStart(2, '0')}.000Z`,
    type,
    token: 1,
    data: {kind, proof},
    previous: '',
  }))
const lowered = ['step-done', 'synchronous', {synchronous_standby_names: ''}] as const
const promoted = ['step-done', 'promote', {}] as const
const restored = ['step-done', 'synchronous', {synchronous_standby_names: names}] as const
const attempted = ['step-intent', 'synchronous'] as const
const tooFew = ['step-done', 'synchronous', {streaming: 0}] as const
const whole = journal(lowered, promoted, ['step-done', 'release'], attempted, restored)

describe('when commits were not synchronous', () => {
  test.each([
    {name: 'lasts from the promotion until the names are back', records: whole, to: '03:00:08', ms: 6000},
    {
      name: 'ends at a later try where the first found too few standbys',
      records: journal(lowered, promoted, attempted, tooFew, attempted, restored),
      to: '03:00:10',
      ms: 8000,
    },
    {
      name: 'ends at the intent of a run that was killed after it had set them',
      records: journal(lowered, promoted, attempted),
      to: '03:00:04',
      ms: 2000,
    },
  ])('$name', ({records, to, ms}) => {
    expect(asynchronousTime(names, names, records)).toEqual({
      from: '2026-11-25T03:00:02.000Z',
      to: `2026-11-25T${to}.000Z`,
      ms,
    })
  })

  test('goes on while the names are not back', () => {
    const records = journal(lowered, promoted, attempted, tooFew)
    expect(asynchronousTime(names, '', records)).toMatchObject({to: null, ms: null})
  })

  test('is none where commits wait for nobody anyway, or nobody was promoted', () => {
    expect(asynchronousTime('', '', whole)).toBeNull()
    expect(asynchronousTime(names, names, journal(lowered))).toBeNull()
  })

  test.each([
    {
      names,
      line: 'Not synchronous for 6.0 s, 03:00:02 to 03:00:08 UTC: what db1 took then was on its own disk alone.',
    },
    {names: '', line: 'Not synchronous since 03:00:02 UTC: what db1 takes is on its own disk alone.'},
  ])('is one line of the report: $line', ({names: now, line}) => {
    const report = changeReport({
      id: 'OP1',
      kind: 'database-failover',
      intent: {...failoverIntent, from: 'db2', to: 'db1', timeline: 6, synchronousNames: names},
      ending: {
        outcome: 'done',
        exitCode: 0,
        phases: [],
        findings: [],
        direction: 'forward',
        error: undefined,
        signal: undefined,
      },
      checks: [],
      before: healthyCluster(),
      after: withSynchronousNames(healthyCluster(), 'db1', now),
      probe: undefined,
      records: whole,
    })
    expect(
      showReport(report, 'main')
        .split('\n')
        .map((one) => one.trim()),
    ).toContain(line)
  })
})
