import {describe, expect, test} from '@jest/globals'

import {preflight} from '../../src/lib/database/preflight.ts'
import {resolveRequest} from '../../src/lib/database/request.ts'
import type {ClusterState, MemberState, PoolerState, SwitchoverIntent} from '../../src/lib/database/types.ts'
import {healthyCluster, intent, withMember} from '../fakes/cluster-state.ts'

type Session = NonNullable<MemberState['session']>
type Machine = NonNullable<MemberState['machine']>

const session = (host: string, some: Partial<Session>): ClusterState =>
  withMember(healthyCluster(), host, (member) => ({
    ...member,
    session: member.session && {...member.session, ...some},
  }))
const settings = (host: string, some: Partial<Session['settings']>): ClusterState =>
  withMember(healthyCluster(), host, (member) => ({
    ...member,
    session: member.session && {...member.session, settings: {...member.session.settings, ...some}},
  }))
const machine = (host: string, some: Partial<Machine>): ClusterState =>
  withMember(healthyCluster(), host, (member) => ({
    ...member,
    machine: member.machine && {...member.machine, ...some},
  }))
const pooler = (host: string, some: Partial<PoolerState>): ClusterState => {
  const state = healthyCluster()
  return {...state, poolers: state.poolers.map((one) => (one.host === host ? {...one, ...some} : one))}
}
const entry = (some: object): Partial<PoolerState> => {
  const [one] = healthyCluster().poolers
  const processes = (one?.processes ?? []).map((process) => ({
    ...process,
    entries: process.entries.map((each) => ({...each, ...some})),
  }))
  return {processes}
}
const entryBeside = (name: string): ClusterState => {
  const [one] = healthyCluster().poolers
  return pooler('edge1', {
    processes: (one?.processes ?? []).map((process) => ({...process, undeclared: [name]})),
  })
}
const table = {name: 't', kind: 'logical', isActive: true, survivesFailover: false} as const

const notPassed = (state: ClusterState, some: Partial<SwitchoverIntent> = {}, guardSeconds = 4) =>
  preflight(state, {...intent, ...some}, guardSeconds)
    .filter((check) => check.status !== 'pass')
    .map((check) => `${check.status} ${check.id}`)

describe('the checks before a planned change', () => {
  test('all pass on a healthy cluster', () => {
    expect(notPassed(healthyCluster())).toEqual([])
  })

  test.each([
    {what: 'a second writable member', state: session('db3', {isInRecovery: false}), fails: 'identity.one-writable'},
    {what: 'another system identifier', state: session('db3', {systemIdentifier: '1'}), fails: 'identity.system'},
    {what: 'a member on another timeline', state: session('db3', {timeline: 6}), fails: 'identity.timeline'},
    {what: 'a candidate that streams from elsewhere', state: session('db2', {upstream: 'db3'}), fails: 'candidate.streaming'},
    {what: 'a candidate that is behind', state: session('db1', {lsn: '0/9000000'}), fails: 'candidate.lag'},
    {what: 'an entry of a pooler that the fleet file does not name', state: entryBeside('*'), fails: 'poolers.undeclared'},
    {what: 'a candidate that was fenced', state: machine('db2', {isFenced: true}), fails: 'candidate.fenced'},
    {what: "a candidate that a pooler's host calls fenced", state: pooler('edge1', {fencedMembers: ['db1', 'db2']}), fails: 'candidate.fenced'},
    {what: "a primary that a pooler's host calls fenced", state: pooler('edge1', {fencedMembers: ['db1']}), fails: 'primary.fenced'},
    {what: 'a paused replay', state: session('db2', {isReplayPaused: true}), fails: 'candidate.replay'},
    {what: 'a delayed standby', state: settings('db2', {recoveryMinApplyDelayMs: 5000}), fails: 'candidate.apply-delay'},
    {what: 'a standby with a password in its primary_conninfo', state: settings('db3', {primaryConninfo: "host=db1 user=r password='[withheld]'"}), fails: 'standbys.password'},
    {what: 'a standby that stays on its timeline', state: settings('db3', {recoveryTargetTimeline: 'current'}), fails: 'standbys.target-timeline'},
    {what: 'unlogged tables', state: session('db1', {unloggedTables: ['public.cache']}), fails: 'content.unlogged'},
    {what: 'a logical slot', state: session('db1', {slots: [table]}), fails: 'slots.logical'},
    {what: 'more synchronous standbys than there are', state: settings('db1', {synchronousStandbyNames: 'ANY 3 (db1, db2, db3)'}), fails: 'sync.satisfiable'},
    {what: 'prepared transactions', state: session('db1', {preparedTransactions: 1}), fails: 'primary.prepared'},
    {what: 'a stop that does not wait for standbys', state: session('db1', {walSenderShutdownTimeoutMs: 1000}), fails: 'primary.shutdown-waits'},
    {what: 'a silent member', state: withMember(healthyCluster(), 'db3', (one) => ({...one, machine: undefined})), fails: 'control.members'},
    {what: 'an outdated helper', state: machine('db3', {isHelperCurrent: false}), fails: 'control.helper'},
    {what: 'a cluster manager', state: machine('db1', {clusterManagers: ['patroni']}), fails: 'control.cluster-manager'},
    {what: 'a silent pooler', state: pooler('edge1', {processes: []}), fails: 'poolers.reachable'},
    {what: 'a session pool', state: pooler('edge1', entry({poolMode: 'session'})), fails: 'poolers.mode'},
    {what: 'a paused pooler', state: pooler('edge1', entry({isPaused: true})), fails: 'poolers.not-paused'},
    {what: 'a pooler that points elsewhere', state: pooler('edge1', entry({target: 'db2'})), fails: 'poolers.target'},
  ])('fail on $what: $fails', ({state, fails}) => {
    expect(notPassed(state)).toContain(`fail ${fails}`)
  }) // prettier-ignore

  test('fail without a majority of the voters', () => {
    const voters = healthyCluster().voters.map((voter, index) => ({...voter, answers: index < 2}))
    expect(notPassed({...healthyCluster(), voters})).toEqual(['fail control.voters'])
  })

  test('fail when the guards would come after the clients have given up', () => {
    expect(notPassed(healthyCluster(), {patienceSeconds: 24}, 20)).toEqual(['fail poolers.patience'])
    expect(notPassed(healthyCluster(), {patienceSeconds: 26}, 20)).toEqual([])
  })

  test('fail when clients would not wait four times as long as the pause may take', () => {
    expect(notPassed(healthyCluster(), {pauseSeconds: 4})).toEqual(['fail poolers.pause-budget'])
  })

  test.each([
    {what: 'members of two versions', state: session('db3', {serverVersion: '15.13'}), warns: 'identity.version'},
    {what: 'a unit that systemd would start again', state: machine('db1', {unitRestart: 'always'}), warns: 'control.restart'},
  ])('warn of $what', ({state, warns}) => {
    expect(notPassed(state)).toEqual([`warn ${warns}`])
  }) // prettier-ignore

  test('pass where the operator has accepted what would be lost', () => {
    const state = session('db1', {unloggedTables: ['public.cache'], slots: [table]})
    expect(notPassed(state, {acceptUnlogged: true, acceptSlotLoss: true})).toEqual([])
  })
})

describe('resolving a request', () => {
  const request = {from: undefined, to: undefined, maxLagBytes: 1, pauseSeconds: 1, windowSeconds: 4, acceptUnlogged: false, acceptSlotLoss: false, insist: undefined, maxLoss: undefined, again: false, forceUnfenced: false} // prettier-ignore

  test('the least patient client counts: the fleet file or a time-out of a pooler, where 0 is for ever', () => {
    const patience = (some: object) => {
      const [one] = healthyCluster().poolers
      const processes = (one?.processes ?? []).map((process) => ({...process, ...some}))
      const resolved = resolveRequest(pooler('edge2', {processes}), request, 30)
      return resolved.kind === 'intent' && resolved.intent.patienceSeconds
    }
    expect(patience({})).toBe(30)
    expect(patience({queryWaitTimeoutSeconds: 12})).toBe(12)
    expect(patience({clientLoginTimeoutSeconds: 9})).toBe(9)
    expect(patience({queryWaitTimeoutSeconds: 0, clientLoginTimeoutSeconds: 0})).toBe(30)
  })
})
