import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {writableMembers} from '../../src/lib/database/facts.ts'
import {forecastRestart, type RestartFacts} from '../../src/lib/database/restart/forecast.ts'
import {
  planRestart,
  Restart,
  restartedBack,
  type RestartIntent,
  type RestartStep,
} from '../../src/lib/database/restart/restart.ts'
import type {ClusterState} from '../../src/lib/database/types.ts'
import {applyStep, primary, standby, withMember} from '../fakes/cluster-state.ts'
import {crashedCluster, failoverIntent} from '../fakes/lost-cluster.ts'

const intent: RestartIntent = {...failoverIntent, to: 'db1', timeoutSeconds: 30}
const shown = (state: ClusterState) => {
  const plan = planRestart(state, intent)
  return plan.kind === 'refused' ? plan.code : plan.steps.map((step) => step.kind)
}
const apply = (state: ClusterState, step: RestartStep): ClusterState =>
  step.kind === 'restart' ? withMember(state, step.host, () => primary(step.host)) : applyStep(state, step)

describe('planning a restart in place', () => {
  test('starts the server, lets the standbys stream, then brings clients back', () => {
    expect(shown(crashedCluster())).toEqual(['restart', 'follow', 'follow', 'probe', 'route'])
  })

  test.each([
    {what: 'another member accepts writes', state: withMember(crashedCluster(), 'db2', () => primary('db2', 8))},
    {what: 'another member is on a newer timeline', state: withMember(crashedCluster(), 'db3', () => standby('db3', 'db2', 8))},
    {what: 'another member is silent, and may have been promoted', state: withMember(crashedCluster(), 'db3', (member) => ({...member, session: undefined, machine: undefined}))},
    {what: 'it was fenced', state: withMember(crashedCluster(), 'db1', (member) => ({...member, machine: member.machine && {...member.machine, isFenced: true}}))},
    {what: 'it would come up as a standby', state: withMember(crashedCluster(), 'db1', (member) => ({...member, machine: member.machine && {...member.machine, hasStandbySignal: true}}))},
  ])('is refused when $what', ({state}) => {
    expect(shown(state)).toBe('RESTART_UNSAFE')
  }) // prettier-ignore

  test('a silent member that was fenced before is no reason against it', () => {
    const state = withMember(crashedCluster(), 'db3', (member) => ({...member, session: undefined, machine: undefined})) // prettier-ignore
    const poolers = state.poolers.map((one) => ({...one, fencedMembers: ['db3']}))
    expect(shown({...state, poolers})).toContain('restart')
  })

  test('planned again after any step it is the rest, with one writable member', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 5}), (n) => {
        const plan = planRestart(crashedCluster(), intent)
        const all = plan.kind === 'steps' ? plan.steps : []
        const interrupted = all.slice(0, n).reduce(apply, crashedCluster())
        const rest = planRestart(interrupted, intent)
        const ended = (rest.kind === 'steps' ? rest.steps : []).reduce(apply, interrupted)
        expect(writableMembers(ended)).toEqual(['db1'])
        expect(shown(ended)).toEqual([])
      }),
    )
  })
})

describe('a restart that was given up', () => {
  const dead = crashedCluster()
  const memory = {
    before: new Restart({} as never, intent, dead).before(),
    stop: undefined,
    isPromoteIntended: false,
    mayLackLines: false,
  }
  const running = withMember(dead, 'db1', (member) => ({
    ...member,
    machine: member.machine && {...member.machine, isRunning: true},
  }))
  const silent = withMember(dead, 'db1', (member) => ({...member, machine: undefined}))
  const asStandby = withMember(dead, 'db1', () => standby('db1', ''))
  test.each([
    {what: 'as before where nothing runs', state: dead, outcome: 'done', finding: /^db1 does not run/},
    {what: 'not as before while crash recovery goes on', state: running, outcome: 'degraded', finding: /crash recovery goes on/},
    {what: 'not as before where it came up as a standby', state: asStandby, outcome: 'degraded', finding: /runs as a standby/},
    {what: 'not known where its host is silent', state: silent, outcome: 'degraded', finding: /is not known/},
  ])('is $what', ({state, outcome, finding}) => {
    const found = restartedBack(state, intent, memory)
    expect(found.outcome).toBe(outcome)
    expect(found.findings.join()).toMatch(finding)
  }) // prettier-ignore
})

describe('the forecast of a restart', () => {
  const facts: RestartFacts = {host: 'db1', replayBytes: 1_000_000, starts: 1, restarts: 0, failovers: []}

  test('is offered when it is the shorter way, with both figures and where they come from', () => {
    const {isOffered, loop, because} = forecastRestart(facts)
    expect({isOffered, loop}).toEqual({isOffered: true, loop: undefined})
    expect(because).toMatch(/^restart about 1\.2 s \(1\.0 MB to replay at 70 MB\/s\), failover about 1\.8 s \(usual in the lab/)
  }) // prettier-ignore

  test.each([
    {what: 'much is to be replayed', some: {replayBytes: 4_000_000_000}},
    {what: 'failovers here were quicker', some: {failovers: [0.5, 0.6, 9]}},
    {what: 'it was started again and again', some: {starts: 3}},
    {what: 'systemd has restarted it twice', some: {restarts: 2}},
  ])('is not offered when $what', ({some}) => {
    expect(forecastRestart({...facts, ...some}).isOffered).toBe(false)
  })

  test('a crash loop is told apart from a long replay', () => {
    expect(forecastRestart({...facts, starts: 4}).loop).toBe(
      'db1 was started 4 times in the last ten minutes: it crashes again and again',
    )
    expect(forecastRestart({...facts, replayBytes: 4_000_000_000}).loop).toBeUndefined()
  })
})
