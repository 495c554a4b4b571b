import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {writableMembers} from '../../src/lib/database/facts.ts'
import {planBack, planForward, type SwitchoverPlan} from '../../src/lib/database/plan.ts'
import {Switchover} from '../../src/lib/database/switchover.ts'
import type {BeforeImages, ClusterState, Memory, SwitchoverStep} from '../../src/lib/database/types.ts'
import {
  applyStep,
  healthyCluster,
  intent,
  plannedSteps,
  standby,
  systemIdentifier,
  withMember,
  withSynchronousNames,
} from '../fakes/cluster-state.ts'

const nothing: Memory = {before: undefined, stop: undefined, isPromoteIntended: false, mayLackLines: false}

function stepsOf(plan: SwitchoverPlan): readonly SwitchoverStep[] {
  if (plan.kind === 'refused') throw new Error(`${plan.code}: ${plan.reason}`)
  return plan.steps
}

const kinds = (plan: SwitchoverPlan) =>
  plan.kind === 'refused' ? plan.code : plan.steps.map((step) => step.kind)

const before = (): BeforeImages => new Switchover({} as never, intent, healthyCluster()).before()

/** The state after the first n steps of the forward plan, and what the journal then holds. */
function interrupted(n: number): {
  readonly state: ClusterState
  readonly memory: Memory
  readonly done: readonly SwitchoverStep[]
} {
  const done = stepsOf(planForward(healthyCluster(), intent, nothing)).slice(0, n)
  const state = done.reduce(applyStep, healthyCluster())
  const hasStopped = done.some((step) => step.kind === 'stop')
  const stop = hasStopped ? {checkpointLsn: '0/5000200', timeline: 7, systemIdentifier} : undefined
  return {
    state,
    done,
    memory: {
      before: before(),
      stop,
      isPromoteIntended: done.some((step) => step.kind === 'promote'),
      mayLackLines: false,
    },
  }
}

const all = stepsOf(planForward(healthyCluster(), intent, nothing))
const prefix = fc.integer({min: 0, max: all.length})
const promoteAt = all.findIndex((step) => step.kind === 'promote')

describe('planning a switchover', () => {
  test('goes from preparation through the window to the old primary as a standby', () => {
    expect(all.map((step) => step.kind)).toEqual([
      'prepare-slots',
      'follow',
      'checkpoint',
      'archive',
      'prepare-return',
      'mask',
      'arm',
      'pause',
      'clear-writers',
      'stop',
      'prove',
      'promote',
      'route',
      'probe',
      'disarm',
      'checkpoint-new',
      'return',
      'drop-slots',
    ])
    expect(plannedSteps()).toEqual([...all.map((step) => step.kind), 'synchronous'])
  })

  test('leaves siblings where they are when two standbys must acknowledge, until the promotion', () => {
    const names = 'ANY 2 (db1, db2, db3)'
    const plan = kinds(planForward(healthyCluster(), {...intent, synchronousNames: names}, nothing))
    expect(plan.indexOf('follow')).toBeGreaterThan(plan.indexOf('promote'))
  })

  test('leaves siblings where they are when the candidate alone acknowledges nothing, until the promotion', () => {
    const waiting = withSynchronousNames(healthyCluster(), intent.from, 'ANY 1 (db3)')
    const plan = kinds(planForward(waiting, intent, nothing))
    expect(plan.indexOf('follow')).toBeGreaterThan(plan.indexOf('promote'))
  })

  test('whose new primary is a standby again promotes nobody: clients are let go, and that is all', () => {
    const promoted = all
      .slice(
        0,
        all.findIndex(({kind}) => kind === 'route'),
      )
      .reduce(applyStep, healthyCluster())
    const members = promoted.members.map((member) =>
      member.host === intent.to ? standby(intent.to, intent.from, intent.timeline + 1) : member,
    )
    expect(kinds(planForward({...promoted, members}, intent, nothing))).toEqual(['route', 'disarm'])
  })

  test.each([
    {way: 'on', plan: (state: ClusterState) => planForward(state, intent, nothing)},
    {way: 'back', plan: (state: ClusterState) => planBack(state, intent, {...nothing, before: before()})},
  ])("a pooler whose host has died stands in nobody's way $way", ({way, plan}) => {
    const until = all.findIndex(({kind}) => kind === (way === 'on' ? 'route' : 'clear-writers'))
    const state = all.slice(0, until).reduce(applyStep, healthyCluster())
    const poolers = state.poolers.map((one) =>
      one.host === 'edge1' ? {...one, isHelperCurrent: false, processes: []} : one,
    )
    const touched = stepsOf(plan({...state, poolers})).flatMap((step) =>
      'poolers' in step ? step.poolers : [],
    )
    expect(new Set(touched)).toEqual(new Set(['edge2']))
  })

  test('keeps writes as durable as they were: set before the promotion, looked at again when all stream', () => {
    const kept = {...intent, synchronousNames: 'ANY 1 (db1, db3)'}
    const plan = stepsOf(planForward(healthyCluster(), kept, nothing))
    const at = plan.flatMap((step, index) => (step.kind === 'synchronous' ? [index] : []))
    expect(at).toHaveLength(2)
    expect(at[0]).toBeLessThan(plan.findIndex((step) => step.kind === 'promote'))
    expect(at[1]).toBeGreaterThan(plan.findIndex((step) => step.kind === 'return'))
    const end = plan.reduce(applyStep, healthyCluster())
    expect(kinds(planForward(end, kept, nothing))).toEqual([])
  })

  test.each([
    {
      name: 'refuses when a third member accepts writes',
      state: () =>
        withMember(healthyCluster(), 'db3', (member) => ({
          ...member,
          session: member.session && {...member.session, isInRecovery: false},
        })),
      code: 'OTHER_PRIMARY',
    },
    {
      name: 'refuses when both accept writes',
      state: () =>
        withMember(healthyCluster(), 'db2', (member) => ({
          ...member,
          session: member.session && {...member.session, isInRecovery: false},
        })),
      code: 'TWO_WRITABLE',
    },
    {
      name: 'refuses when the candidate does not answer',
      state: () =>
        withMember(healthyCluster(), 'db2', (member) => ({
          ...member,
          session: undefined,
          machine: undefined,
        })),
      code: 'MEMBER_UNREACHABLE',
    },
    {
      name: 'refuses when the old primary is silent and its stop was never proved',
      state: () =>
        withMember(healthyCluster(), 'db1', (member) => ({
          ...member,
          session: undefined,
          machine: undefined,
        })),
      code: 'OLD_PRIMARY_UNKNOWN',
    },
    {
      name: 'refuses when the old primary is stopped but could come back writable',
      state: () =>
        withMember(interrupted(promoteAt).state, 'db1', (member) => ({
          ...member,
          machine: member.machine && {...member.machine, hasStandbySignal: false},
        })),
      code: 'OLD_PRIMARY_UNKNOWN',
    },
  ])('$name', ({state, code}) => {
    expect(kinds(planForward(state(), intent, nothing))).toBe(code)
  })

  test('goes on when the old host is silent after a proved stop: standby.signal was on its disk before', () => {
    const {state, memory} = interrupted(promoteAt)
    const silent = withMember(state, 'db1', (member) => ({...member, machine: undefined, session: undefined}))
    expect(kinds(planForward(silent, intent, memory))).toContain('promote')
  })

  test('never has two writable members, whatever step it is interrupted after', () => {
    fc.assert(fc.property(prefix, (n) => writableMembers(interrupted(n).state).length <= 1))
  })

  test('never pauses without guards armed before', () => {
    fc.assert(
      fc.property(prefix, (n) => {
        const {state, memory} = interrupted(n)
        const plan = kinds(planForward(state, intent, memory))
        return !plan.includes('pause') || plan.indexOf('arm') < plan.indexOf('pause')
      }),
    )
  })

  test('never promotes unless the old primary is stopped with standby.signal, now or by an earlier step of the plan', () => {
    fc.assert(
      fc.property(prefix, (n) => {
        const {state, memory} = interrupted(n)
        const plan = kinds(planForward(state, intent, memory))
        if (!plan.includes('promote')) return true
        const old = state.members[0]
        const isStopped = old?.machine?.hasStandbySignal === true && writableMembers(state).length === 0
        return (
          plan.indexOf('prove') < plan.indexOf('promote') &&
          (isStopped || plan.indexOf('stop') < plan.indexOf('prove'))
        )
      }),
    )
  })

  test('planned again after any prefix of steps ends where the whole plan ends', () => {
    const end = all.reduce(applyStep, healthyCluster())
    fc.assert(
      fc.property(prefix, (n) => {
        const {state, memory} = interrupted(n)
        const rest = stepsOf(planForward(state, intent, memory))
        expect(rest.reduce(applyStep, state)).toEqual(end)
      }),
    )
  })

  test('planned again after the whole plan has nothing left to do', () => {
    const {state, memory} = interrupted(all.length)
    expect(kinds(planForward(state, intent, memory))).toEqual([])
  })
})

describe('the way back', () => {
  test('ends in the before-images after any step before the promotion', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: promoteAt}), (n) => {
        const {state, memory} = interrupted(n)
        const end = stepsOf(planBack(state, intent, memory)).reduce(applyStep, state)
        expect(new Switchover({} as never, intent, end).before()).toEqual(before())
        expect(writableMembers(end)).toEqual(['db1'])
        expect(end.poolers.every((one) => !one.isGuardArmed)).toBe(true)
      }),
    )
  })

  test('drops slots after every standby has moved away: one that is in use cannot be dropped', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: promoteAt}), (n) => {
        const {state, memory} = interrupted(n)
        const plan = stepsOf(planBack(state, intent, memory)).map((step) => step.kind)
        const firstDrop = plan.indexOf('drop-slots')
        expect(firstDrop === -1 ? -1 : plan.indexOf('restore-settings', firstDrop)).toBe(-1)
      }),
    )
  })

  test('is refused once the candidate accepts writes', () => {
    const {state, memory} = interrupted(promoteAt + 1)
    expect(kinds(planBack(state, intent, memory))).toBe('ALREADY_PROMOTED')
  })

  test.each([
    {name: 'its server does not answer', control: {state: 'in production', timeline: 7}},
    {name: 'its server has crashed since', control: {state: 'in crash recovery', timeline: 8}},
    {name: 'its server was stopped since', control: {state: 'shut down', timeline: 8}},
    {name: 'its host came back read-only', control: {state: 'in archive recovery', timeline: 8}},
  ])('is refused when the candidate was promoted and $name: its writes would be lost', ({control}) => {
    const {state, memory} = interrupted(promoteAt + 1)
    const silent = withMember(state, 'db2', (member) => ({
      ...member,
      session: undefined,
      machine: member.machine && {
        ...member.machine,
        control: {...control, checkpointLsn: '0/5000028', systemIdentifier},
      },
    }))
    expect(kinds(planBack(silent, intent, memory))).toBe('ALREADY_PROMOTED')
    expect(new Switchover({} as never, intent, silent).isPastPointOfNoReturn()).toBe(true)
  })

  test('is refused when a promotion may have been sent and the control file of the candidate cannot be read', () => {
    const {state, memory} = interrupted(promoteAt)
    const torn = withMember(state, 'db2', (member) => ({
      ...member,
      session: undefined,
      machine: member.machine && {...member.machine, control: undefined},
    }))
    expect(kinds(planBack(torn, intent, {...memory, isPromoteIntended: true}))).toBe('MEMBER_UNREACHABLE')
  })

  test('is refused when the candidate is silent and the journal is a copy, which may lack that a promotion was sent', () => {
    const {state, memory} = interrupted(promoteAt)
    const silent = withMember(state, 'db2', (member) => ({...member, machine: undefined, session: undefined}))
    expect(kinds(planBack(silent, intent, memory))).toContain('put-back')
    expect(kinds(planBack(silent, intent, {...memory, mayLackLines: true}))).toBe('MEMBER_UNREACHABLE')
  })

  test('fences the candidate first when a promotion may have been sent, since it could still happen', () => {
    const {state, memory} = interrupted(promoteAt)
    const plan = kinds(planBack(state, intent, {...memory, isPromoteIntended: true}))
    expect(plan.slice(0, 2)).toEqual(['fence', 'put-back'])
  })

  test('does not fence a candidate for a promotion that an earlier operation had sent', () => {
    const {state, memory} = interrupted(promoteAt)
    const sent = withMember(state, 'db2', (member) => ({
      ...member,
      machine: member.machine && {...member.machine, promoteSentToken: 4},
    }))
    expect(kinds(planBack(sent, intent, {...memory, firstToken: 5}))).not.toContain('fence')
    expect(kinds(planBack(sent, intent, {...memory, firstToken: 4}))[0]).toBe('fence')
    expect(kinds(planBack(sent, intent, memory))[0]).toBe('fence')
  })

  test('is refused when a promotion may have been sent and the candidate is silent', () => {
    const {state, memory} = interrupted(promoteAt)
    const silent = withMember(state, 'db2', (member) => ({...member, machine: undefined, session: undefined}))
    expect(kinds(planBack(silent, intent, {...memory, isPromoteIntended: true}))).toBe('MEMBER_UNREACHABLE')
  })
})

describe('the fingerprint of what a plan was shown from', () => {
  const print = (state: ClusterState) => new Switchover({} as never, intent, state).fingerprint()

  test.each([
    {what: 'an unlogged table', some: {unloggedTables: ['shop.public.basket']}},
    {
      what: 'a logical slot',
      some: {slots: [{name: 'cdc', kind: 'logical', isActive: true, survivesFailover: false}]},
    },
    {what: 'a prepared transaction', some: {preparedTransactions: 1}},
  ] as const)('changes with $what, and not with what moves by itself', ({some}) => {
    const withSession = (more: object) =>
      withMember(healthyCluster(), intent.from, (member) => ({
        ...member,
        session: member.session && {...member.session, ...more},
      }))
    expect(print(withSession(some))).not.toBe(print(healthyCluster()))
    expect(print(withSession({lsn: '0/9000000', replayDelaySeconds: 3}))).toBe(print(healthyCluster()))
  })
})

test('a change in which transactions of clients failed is no more than degraded, and says how many', async () => {
  class Still extends Switchover {
    override async observe(): Promise<void> {
      // The state is what the test says.
    }
  }
  const end = withSynchronousNames(
    all.reduce(applyStep, healthyCluster()),
    intent.to,
    intent.synchronousNames,
  )
  const change = new Still({} as never, intent, end)
  const without = await change.verify('forward')
  change.clients = {findings: () => ['2 of 300 probe transactions failed']}
  const {outcome, findings} = await change.verify('forward')
  expect({without: without.outcome, outcome}).toEqual({without: 'done', outcome: 'degraded'})
  expect(findings).toEqual(['2 of 300 probe transactions failed'])
})
