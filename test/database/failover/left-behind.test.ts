import {expect, test} from '@jest/globals'

import {leftBehind} from '../../../src/lib/database/failover/left-behind.ts'
import {memberOf} from '../../../src/lib/database/facts.ts'
import type {ClusterState, MemberState} from '../../../src/lib/database/types.ts'
import {primary, withMember} from '../../fakes/cluster-state.ts'
import {crashedCluster} from '../../fakes/lost-cluster.ts'

const db2 = (state: ClusterState): MemberState => memberOf(state, 'db2')
const controlTimeline = (timeline: number) =>
  withMember(crashedCluster(), 'db1', (member) => ({
    ...member,
    machine: member.machine && {
      ...member.machine,
      control: member.machine.control && {...member.machine.control, timeline},
    },
  }))

test('a standby that followed the lost primary has a vote', () => {
  expect(leftBehind(crashedCluster(), db2(crashedCluster()), 'db1')).toBeUndefined()
})

test('one that did not follow it to its timeline has none, and does not take over', () => {
  const own = db2(crashedCluster()).session?.timeline ?? 0
  const state = controlTimeline(own + 1)
  expect(leftBehind(state, db2(state), 'db1')).toBe(`left behind on timeline ${own}; db1 is on ${own + 1}`)
})

test('one that still looks for an earlier primary has none', () => {
  const state = withMember(crashedCluster(), 'db2', (member) => ({
    ...member,
    session: member.session && {
      ...member.session,
      settings: {...member.session.settings, primaryConninfo: 'host=db3 user=pp_replication'},
    },
  }))
  expect(leftBehind(state, db2(state), 'db1')).toBe('follows db3, not db1')
})

test('one that nobody can ask is judged by what it cannot say', () => {
  const state = withMember(crashedCluster(), 'db2', () => ({...primary('db2', 1), session: undefined}))
  expect(leftBehind(state, db2(state), 'db1')).toBeUndefined()
})
