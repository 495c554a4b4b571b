import {expect, test} from '@jest/globals'

import {replacedPrimary} from '../../src/lib/database/facts.ts'
import {alreadySo, refuseReplaced} from '../../src/lib/database/request.ts'
import type {ClusterState, MemberState} from '../../src/lib/database/types.ts'
import {healthyCluster, pooler, primary, standby} from '../fakes/cluster-state.ts'

const silent = (host: string) => ({...standby(host, 'db1'), session: undefined, machine: undefined})
const stopped = (host: string, timeline: number) => ({...primary(host, timeline), session: undefined})

/** db1 accepts writes on timeline 7 and db2 does not answer. */
function lone(db2: MemberState = silent('db2'), more: Partial<ClusterState> = {}): ClusterState {
  return {...healthyCluster(), members: [primary('db1'), db2, standby('db3', 'db1')], ...more}
}
const fenced = ['edge1', 'edge2'].map((host) => ({...pooler(host, 'db1'), fencedMembers: ['db1']}))
const ledTo = (...targets: string[]) => targets.map((host, n) => pooler(`edge${n + 1}`, host))

test.each([
  {what: 'all is well', state: healthyCluster(), by: undefined},
  {what: 'a standby is silent', state: lone(), by: undefined},
  {
    what: 'all poolers lead to a silent member',
    state: lone(silent('db2'), {poolers: ledTo('db2', 'db2')}),
    by: 'db2',
  },
  {
    what: 'one pooler was away and leads to a silent member',
    state: lone(silent('db2'), {poolers: ledTo('db2', 'db1')}),
    by: undefined,
  },
  {what: 'it was fenced, and a member is silent', state: lone(silent('db2'), {poolers: fenced}), by: 'db2'},
  {
    what: 'it was fenced, and all others answer',
    state: {...healthyCluster(), poolers: fenced},
    by: undefined,
  },
  {
    what: 'poolers lead to one that stopped on a later timeline',
    state: lone(stopped('db2', 8), {poolers: ledTo('db2', 'db2')}),
    by: 'db2',
  },
  {
    what: 'poolers lead to one that stopped on an older timeline',
    state: lone(stopped('db2', 6), {poolers: ledTo('db2', 'db2')}),
    by: undefined,
  },
])('$what: replaced by $by', ({state, by}) => {
  expect(replacedPrimary(state)?.by).toBe(by)
})

test('what was replaced is no primary that somebody asked for, and nothing is built on it', () => {
  const state = lone(silent('db2'), {poolers: ledTo('db2', 'db2')})
  expect(alreadySo(state, {from: 'db2', to: 'db1'})).toBeUndefined()
  expect(() => {
    refuseReplaced(state)
  }).toThrow(expect.objectContaining({code: 'PRIMARY_REPLACED'}))
})
