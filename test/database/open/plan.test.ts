import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {memberOf, writableMembers} from '../../../src/lib/database/facts.ts'
import type {FailoverPlan} from '../../../src/lib/database/failover/plan.ts'
import type {FailoverStep} from '../../../src/lib/database/failover/types.ts'
import {Opening} from '../../../src/lib/database/open/opening.ts'
import {planOpen, planOpenBack, type OpenIntent} from '../../../src/lib/database/open/plan.ts'
import type {ClusterState, MemberState, Memory} from '../../../src/lib/database/types.ts'
import {hosts, pooler, primary, standby, withMember} from '../../fakes/cluster-state.ts'
import {applyFailoverStep, failoverIntent} from '../../fakes/lost-cluster.ts'

const names = 'ANY 1 (db1, db2, db3)'
const intent: OpenIntent = {
  ...failoverIntent,
  condition: 'read-only',
  because: 'every member that answers is read-only',
  from: 'db1',
  to: 'db1',
  synchronousNames: names,
  without: [],
}

/** After a blackout: db1 was primary and is a standby of nobody, db2 and db3 stream from it. */
function readOnly(): ClusterState {
  const members = hosts.map((host) => {
    const member = standby(host, 'db1')
    const {session} = member
    return {
      ...member,
      session: session && {
        ...session,
        upstream: host === 'db1' ? undefined : 'db1',
        settings: {
          ...session.settings,
          primaryConninfo: host === 'db1' ? '' : session.settings.primaryConninfo,
          synchronousStandbyNames: names,
        },
      },
    }
  })
  return {
    database: 'main',
    members,
    poolers: ['edge1', 'edge2'].map((host) => pooler(host, 'db1')),
    voters: [...hosts, 'edge1', 'edge2'].map((host) => ({
      host,
      answers: true,
      operation: undefined,
      journals: [],
    })),
  }
}
const change = (host: string, some: Partial<MemberState>): ClusterState =>
  withMember(readOnly(), host, (member) => ({...member, ...some}))
const machineOf = (host: string, some: Partial<NonNullable<MemberState['machine']>>) => {
  const {machine} = memberOf(readOnly(), host)
  return machine && {...machine, ...some}
}
const silent = (host: string) =>
  change(host, {machine: undefined, session: undefined, problems: ['no answer']})
const stopped = (host: string, some: Partial<NonNullable<MemberState['machine']>> = {}) =>
  change(host, {machine: machineOf(host, {isRunning: false, ...some}), session: undefined})

const stepsOf = (plan: FailoverPlan): readonly FailoverStep[] => {
  if (plan.kind === 'refused') throw new Error(`${plan.code}: ${plan.reason}`)
  return plan.steps
}
const shown = (plan: FailoverPlan) =>
  plan.kind === 'refused'
    ? plan.code
    : plan.steps.map((step) => `${step.kind}${'host' in step ? ` ${step.host}` : ''}`)
const unchanged = [
  'promote db1',
  'route db1',
  'probe db1',
  'disarm',
  'checkpoint-new db1',
  'prepare-slots db1',
  'follow db2',
  'follow db3',
  'synchronous db1',
]
const before = new Opening({} as never, intent, readOnly()).before()
const memory = (isPromoteIntended: boolean): Memory => ({
  before,
  stop: undefined,
  isPromoteIntended,
  mayLackLines: false,
})

describe('planning the opening of a cluster without a primary', () => {
  test('lets nothing stream, measures, promotes, then brings clients and standbys over', () => {
    const plan = planOpen(readOnly(), intent)
    expect(shown(plan)).toEqual(['detach', 'measure db1', 'synchronous db1', ...unchanged])
    expect(stepsOf(plan)[0]).toEqual({kind: 'detach', hosts: ['db1', 'db2', 'db3']})
  })

  test.each([
    {what: 'a silent member is fenced before', state: silent('db3'), has: ['fence-lost db3'], lacks: ['follow db3']},
    {what: 'a stopped one is fenced by its host, and what its disk has more is fetched', state: stopped('db3'), has: ['fence db3', 'salvage db1'], lacks: ['follow db3']},
    {what: 'a stopped one on an older timeline has nothing to fetch', state: stopped('db3', {control: {state: 'shut down', timeline: 6, checkpointLsn: '0/1', systemIdentifier: '1'}}), has: ['fence db3'], lacks: ['salvage db1']},
    {what: 'a standby that was left behind on an older timeline is left to pp db rejoin', state: withMember(readOnly(), 'db3', () => standby('db3', 'db1', 6)), has: ['follow db2'], lacks: ['follow db3']},
  ])('$what', ({state, has, lacks}) => {
    const plan = shown(planOpen(state, intent))
    expect(plan).toEqual(expect.arrayContaining(has))
    expect((plan as string[]).filter((step) => lacks.includes(step))).toEqual([])
  }) // prettier-ignore

  test('a silent member that was fenced before is not fenced again', () => {
    const state = silent('db3')
    const poolers = state.poolers.map((one) => ({...one, fencedMembers: ['db3']}))
    expect(shown(planOpen({...state, poolers}, intent))).not.toContain('fence-lost db3')
  })

  test.each([
    {what: 'another member accepts writes', state: withMember(readOnly(), 'db2', () => primary('db2')), code: 'OTHER_PRIMARY'},
    {what: 'another member is on a newer timeline', state: withMember(readOnly(), 'db2', () => standby('db2', 'db3', 8)), code: 'MEMBER_AHEAD'},
    {what: 'the disk of a stopped member is on a newer timeline', state: stopped('db3', {control: {state: 'shut down', timeline: 8, checkpointLsn: '0/1', systemIdentifier: '1'}}), code: 'MEMBER_AHEAD'},
    {what: 'a primary runs and does not answer here', state: stopped('db3', {isRunning: true, hasStandbySignal: false}), code: 'PRIMARY_ALIVE'},
    {what: 'the member to open does not answer', state: silent('db1'), code: 'MEMBER_UNREACHABLE'},
  ])('is refused when $what', ({state, code}) => {
    expect(shown(planOpen(state, intent))).toBe(code)
  }) // prettier-ignore

  test('planned again after any step it is the rest, never with two writable members or a promotion unmeasured', () => {
    const states = fc.constantFrom(readOnly(), silent('db3'), stopped('db3'), silent('db2'))
    fc.assert(
      fc.property(states, fc.integer({min: 0, max: 14}), (state, n) => {
        const first = stepsOf(planOpen(state, intent))
        const interrupted = first.slice(0, n).reduce(applyFailoverStep, state)
        const rest = stepsOf(planOpen(interrupted, intent))
        const kinds = rest.map((step) => step.kind)
        const promoteAt = kinds.indexOf('promote')
        if (promoteAt >= 0) {
          expect(kinds.slice(0, promoteAt)).toEqual(expect.arrayContaining(['detach', 'measure']))
          expect(kinds.slice(promoteAt).some((kind) => kind === 'fence' || kind === 'fence-lost')).toBe(false)
        }
        let now = interrupted
        for (const step of rest) {
          now = applyFailoverStep(now, step)
          expect(writableMembers(now).length).toBeLessThanOrEqual(1)
        }
        expect(writableMembers(now)).toEqual(['db1'])
        expect(memberOf(now, 'db1').session?.settings.synchronousStandbyNames).toBe(names)
        expect(planOpen(now, intent)).toEqual({kind: 'steps', steps: []})
      }),
    )
  })

  test('the way back lets the standbys stream as before, and there is none after the promotion', () => {
    const first = stepsOf(planOpen(readOnly(), intent))
    const promoteAt = first.findIndex(({kind}) => kind === 'promote')
    for (let n = 0; n <= first.length; n++) {
      const interrupted = first.slice(0, n).reduce(applyFailoverStep, readOnly())
      const back = planOpenBack(interrupted, intent, memory(false))
      if (n > promoteAt) expect(shown(back)).toBe('ALREADY_PROMOTED')
      else {
        const now = stepsOf(back).reduce(applyFailoverStep, interrupted)
        expect(now.members.map(({session}) => session?.settings)).toEqual(
          readOnly().members.map(({session}) => session?.settings),
        )
        expect(writableMembers(now)).toEqual([])
      }
    }
  })

  test('a member whose promotion may have been sent is fenced on the way back', () => {
    expect(shown(planOpenBack(readOnly(), intent, memory(true)))).toEqual(['fence db1'])
  })
})
