import {describe, expect, test} from '@jest/globals'

import {progressText} from '../../../src/lib/database/rejoin/copy.ts'
import {planRejoin, triedBefore} from '../../../src/lib/database/rejoin/plan.ts'
import type {RejoinIntent, Tried} from '../../../src/lib/database/rejoin/types.ts'
import type {ClusterState, MachineState} from '../../../src/lib/database/types.ts'
import type {JournalRecord} from '../../../src/lib/operation/journal.ts'
import {healthyCluster, intent as changed, withMember} from '../../fakes/cluster-state.ts'

const intent: RejoinIntent = {
  ...changed,
  from: 'db2',
  to: 'db1',
  conninfo: 'user=pp_replication host=db1 application_name=db3 passfile=/p',
  how: 'rejoin',
  removeOld: false,
}
const nothing: Tried = {isCopied: false, problem: undefined}

/** db2 is down and has been primary; spell out only what its host says otherwise. */
const withOld = (machine: Partial<MachineState>): ClusterState =>
  withMember(healthyCluster(), 'db2', (member) => ({
    ...member,
    session: undefined,
    machine: member.machine && {...member.machine, isRunning: false, hasStandbySignal: true, ...machine},
  }))

const kinds = (state: ClusterState, changes: Partial<RejoinIntent> = {}, tried: Partial<Tried> = {}) => {
  const plan = planRejoin(state, {...intent, ...changes}, {...nothing, ...tried})
  if (plan.kind === 'refused') return plan.code
  return plan.steps.map((step) => (step.kind === 'clone' ? `clone: ${step.because}` : step.kind))
}
const untilFollowing = (...way: string[]) => ['checkpoint-new', ...way, 'unfence', 'untag']

describe('a member that comes back', () => {
  const unfinished = (kind: 'rewind' | 'clone', isDatabase: boolean) => ({unfinished: {kind, isDatabase}})
  test.each([
    {name: 'is rewound when nothing speaks against it', state: withOld({}), way: ['rewind', 'return']},
    {
      name: 'is fenced first while it runs as what it was',
      state: withOld({isRunning: true, hasStandbySignal: false}),
      way: ['fence', 'rewind', 'return'],
    },
    {
      name: 'is rewound again when the last rewind had not touched it',
      state: withOld(unfinished('rewind', true)),
      way: ['rewind', 'return'],
    },
    {
      name: 'is copied anew when a rewind was interrupted',
      state: withOld(unfinished('rewind', false)),
      way: ['clone: a rewind was interrupted', 'return'],
    },
    {
      name: 'is copied anew when a copy was interrupted',
      state: withOld(unfinished('clone', true)),
      way: ['clone: an earlier copy was interrupted', 'return'],
    },
    {
      name: 'is copied anew without a control file',
      state: withOld({control: undefined}),
      way: ['clone: its control file cannot be read', 'return'],
    },
    {
      name: 'is copied anew over data of another system',
      state: withOld({
        control: {state: 'shut down', timeline: 1, checkpointLsn: '0/28', systemIdentifier: '1'},
      }),
      way: ['clone: its data is of another system (1)', 'return'],
    },
    {
      name: 'is copied anew after rewinds have failed',
      state: withOld({}),
      tried: {problem: 'a rewind does not work (x)'},
      way: ['clone: a rewind does not work (x)', 'return'],
    },
    {
      name: 'only has to start once it was copied',
      state: withOld({}),
      changes: {how: 'clone' as const},
      tried: {isCopied: true},
      way: undefined,
    },
  ])('$name', ({state, changes, tried, way}) => {
    expect(kinds(state, changes, tried)).toEqual(
      way ? untilFollowing(...way) : ['return', 'unfence', 'untag'],
    )
  })

  test('that follows already has nothing to do, and is made anew when that is asked', () => {
    expect(kinds(healthyCluster())).toEqual([])
    expect(kinds(healthyCluster(), {how: 'clone'})).toEqual(untilFollowing('clone: as asked', 'return'))
    expect(kinds(healthyCluster(), {how: 'clone'}, {isCopied: true})).toEqual([])
  })

  test('takes the tag of the present primary away where an operation has left it, before it leads clients there', () => {
    const state = healthyCluster()
    const poolers = state.poolers.map((one) => ({...one, fencedMembers: ['db1'], fileTarget: 'db2'}))
    expect(kinds({...state, poolers})).toEqual(['untag', 'route', 'disarm'])
  })

  test('is not made anew while every commit waits for it, nor while it accepts writes', () => {
    const waiting = (names: string) =>
      withMember(healthyCluster(), 'db1', (member) => ({
        ...member,
        session: member.session && {
          ...member.session,
          followers: ['db2', 'db3'].map((name) => ({
            name,
            isStreaming: true,
            sync: 'quorum',
            replayLsn: undefined,
          })),
          settings: {...member.session.settings, synchronousStandbyNames: names},
        },
      }))
    expect(kinds(waiting('ANY 2 (db2, db3)'), {how: 'clone'})).toBe('LAST_SYNCHRONOUS')
    expect(kinds(waiting('ANY 1 (db2)'), {how: 'clone'})).toBe('LAST_SYNCHRONOUS')
    expect(
      kinds(waiting('ANY 1 (db2, db3)'), {how: 'clone', synchronousNames: 'ANY 1 (db2, db3)'}),
    ).toContain('return')
    expect(kinds(healthyCluster(), {how: 'clone', from: 'db1', to: 'db2'})).toBe('TWO_WRITABLE')
  })

  test('never reads from the primary under a name that commits wait for', () => {
    const sources = [{}, {how: 'clone' as const}].flatMap((changes) => {
      const plan = planRejoin(withOld({}), {...intent, ...changes}, nothing)
      return plan.kind === 'steps'
        ? plan.steps.flatMap((step) => ('source' in step ? [step.source] : []))
        : []
    })
    expect(sources).toEqual([
      'user=pp_replication host=db1 application_name=pp_rewind passfile=/p dbname=postgres',
      'user=pp_replication host=db1 application_name=pp_clone passfile=/p',
    ])
  })
})

describe('the journal of a return', () => {
  const tried = (...steps: [string, object][]) =>
    triedBefore(steps.map(([type, data], n) => ({n, type, data}) as unknown as JournalRecord))
  const rewound = ['step-done', {kind: 'rewind'}] as [string, object]
  const silent = ['step-failed', {kind: 'return', code: 'STEP_TIMED_OUT', message: 'm'}] as [string, object]

  test.each([
    {
      name: 'a rewind that failed',
      steps: [['step-failed', {kind: 'rewind', code: 'REWIND_FAILED', message: 'm'}]],
      problem: 'a rewind does not work (m)',
    },
    {
      name: 'a rewind that was cut off',
      steps: [['step-failed', {kind: 'rewind', code: 'HELPER_GONE', message: 'm'}]],
      problem: undefined,
    },
    {
      name: 'a rewound member that does not follow',
      steps: [rewound, silent],
      problem: 'following does not work (m)',
    },
    {name: 'a member that does not follow and was not rewound', steps: [silent], problem: undefined},
  ] as {name: string; steps: [string, object][]; problem: string | undefined}[])(
    'tells of $name',
    ({steps, problem}) => {
      expect(tried(...steps)).toEqual({isCopied: false, problem})
    },
  )

  test('tells that the copy was made', () => {
    expect(tried(['step-done', {kind: 'clone'}], silent)).toEqual({isCopied: true, problem: undefined})
  })
})

test('the progress of a copy has bytes, speed and the time that is left', () => {
  expect(progressText(25_000_000, 100_000_000, 5)).toBe('25 MB of 100 MB, 5.0 MB/s, 15 s left')
  expect(progressText(0, 100_000_000, 5)).toBe('0 B of 100 MB')
})
