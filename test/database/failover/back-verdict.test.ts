import {describe, expect, test} from '@jest/globals'

import {backVerdict} from '../../../src/lib/database/failover/back-verdict.ts'
import {Failover} from '../../../src/lib/database/failover/failover.ts'
import type {ClusterState, MachineState, Memory, PoolerState} from '../../../src/lib/database/types.ts'
import {healthyCluster, pooler, primary, withMember} from '../../fakes/cluster-state.ts'
import {crashedCluster, failoverIntent, silentCluster} from '../../fakes/lost-cluster.ts'

const intent = failoverIntent
const memory = (some: Partial<Memory> = {}, state = crashedCluster()): Memory => ({
  before: new Failover({} as never, intent, state).before(),
  stop: undefined,
  isPromoteIntended: false,
  mayLackLines: false,
  fenced: [],
  ...some,
})
const withEdge = (state: ClusterState, some: Partial<PoolerState>): ClusterState => ({
  ...state,
  poolers: state.poolers.map((one) => (one.host === 'edge1' ? {...one, ...some} : one)),
})
const withMachine = (host: string, some: Partial<MachineState>): ClusterState =>
  withMember(crashedCluster(), host, (member) => ({
    ...member,
    machine: member.machine && {...member.machine, ...some},
  }))
const paused = pooler('edge1', 'db1').processes.map((process) => ({
  ...process,
  entries: process.entries.map((entry) => ({...entry, isPaused: true})),
}))
const backTo = (state: ClusterState, some: Partial<Memory> = {}, wereOff: readonly string[] = []) =>
  backVerdict(state, {...intent, wereOff}, memory(some), 'db1 is still lost')

describe('what a failover has become that was taken back', () => {
  test('is done where nothing was fenced and all else is as before', () => {
    expect(backTo(crashedCluster())).toEqual({
      outcome: 'done',
      findings: [expect.stringMatching(/^db1 is still lost: no member that answers accepts writes/)],
    })
  })

  test('is done where the fenced primary serves again', () => {
    expect(backTo(healthyCluster())).toEqual({outcome: 'done', findings: []})
  })

  test.each([
    {what: 'a pooler that was held is silent now', state: withEdge(crashedCluster(), {processes: []}), finding: /^edge1 does not answer any more: it may hold/},
    {what: 'a pooler is still paused', state: withEdge(crashedCluster(), {processes: paused}), finding: /^edge1 is paused/},
    {what: 'a guard is still armed', state: withEdge(crashedCluster(), {isGuardArmed: true}), finding: /guard on edge1/},
    {what: 'a pooler leads elsewhere', state: withEdge(crashedCluster(), {fileTarget: 'db2'}), finding: /^edge1 leads to db2/},
    {what: 'a pooler still says that the primary was fenced', state: withEdge(crashedCluster(), {fencedMembers: ['db1']}), finding: /^edge1 still says that db1 was fenced/},
    {what: 'the same beside a primary that serves again', state: withEdge(healthyCluster(), {fencedMembers: ['db1']}), finding: /^edge1 still says that db1 was fenced/},
    {what: 'a standby has lost its upstream', state: withMember(crashedCluster(), 'db3', (member) => ({...member, session: member.session && {...member.session, settings: {...member.session.settings, primaryConninfo: ''}}})), finding: /^db3 has other replication settings/},
    {what: 'a standby is silent now', state: withMember(crashedCluster(), 'db3', (member) => ({...member, session: undefined, problems: ['no answer']})), finding: /^db3 does not answer any more: no answer/},
  ])('is degraded while $what', ({state, finding}) => {
    const found = backTo(state)
    expect(found.outcome).toBe('degraded')
    expect(found.findings.filter((one) => finding.test(one))).toHaveLength(1)
  }) // prettier-ignore

  test('a pooler that was silent before is as before', () => {
    const state = withEdge(crashedCluster(), {processes: []})
    expect(backVerdict(state, intent, memory({}, state), 'db1 is still lost').outcome).toBe('done')
  })

  test.each([
    {what: 'whose power pp has cut', state: silentCluster(), by: 'power', finding: /^db1 has no power/},
    {what: 'that was fenced over SSH and is silent', state: silentCluster(), by: 'ssh', finding: /^db1 does not answer/},
    {what: 'whose fence came to no proof and that is silent', state: silentCluster(), by: undefined, finding: /^db1 does not answer/},
    {what: 'that is still fenced', state: withMachine('db1', {isFenced: true}), by: 'ssh', finding: /^db1 was fenced by pp and still is/},
  ])('needs a human for a primary $what', ({state, by, finding}) => {
    const found = backTo(state, {fenced: [{host: 'db1', by}]})
    expect(found.outcome).toBe('human')
    expect(found.findings.some((one) => finding.test(one))).toBe(true)
  }) // prettier-ignore

  test.each([
    {what: 'whose power was off before', by: 'power', wereOff: ['db1']},
    {what: 'that was only isolated', by: 'network', wereOff: []},
    {what: 'that was outvoted', by: 'quorum', wereOff: []},
  ])('is done for a silent primary $what', ({by, wereOff}) => {
    expect(backTo(silentCluster(), {fenced: [{host: 'db1', by}]}, wereOff).outcome).toBe('done')
  })

  test('needs a human for a candidate that is still fenced', () => {
    const state = withMachine('db2', {isFenced: true})
    expect(backTo(state, {fenced: [{host: 'db2', by: 'ssh'}]}).outcome).toBe('human')
  })

  test('needs a human for a primary that accepted writes before and does not now', () => {
    const found = backTo(crashedCluster(), {...memory({}, healthyCluster())})
    expect(found.outcome).toBe('human')
    expect(found.findings.join()).toMatch(/db1 accepted writes before/)
  })

  test('names two members that both accept writes', () => {
    const state = withMember(healthyCluster(), 'db2', () => primary('db2', 8))
    expect(backTo(state)).toMatchObject({outcome: 'human', findings: ['db1 and db2 both accept writes']})
  })
})
