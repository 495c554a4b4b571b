import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {memberOf} from '../../src/lib/database/facts.ts'
import {lsnBytes} from '../../src/lib/database/lsn.ts'
import {lsnOf, rankCandidates, rankStandbys} from '../../src/lib/database/rank.ts'
import {resolveRequest} from '../../src/lib/database/request.ts'
import type {ClusterState, MemberState} from '../../src/lib/database/types.ts'
import {healthyCluster, primary, withMember} from '../fakes/cluster-state.ts'
import {crashedCluster} from '../fakes/lost-cluster.ts'

type Session = NonNullable<MemberState['session']>

const withSession = (state: ClusterState, host: string, some: Partial<Session>): ClusterState =>
  withMember(state, host, (member) => ({...member, session: member.session && {...member.session, ...some}}))
const tagged = (state: ClusterState, host: string): ClusterState =>
  withMember(state, host, (member) => ({...member, tags: ['no-failover']}))

describe('standbys of a healthy primary', () => {
  test('the least behind, then one that commits wait for, then as the fleet file names them; each loser has its reason', () => {
    const behind = withSession(healthyCluster(), 'db2', {lsn: '0/4000100'})
    expect(rankCandidates(behind, 'db1')).toEqual({
      best: 'db3',
      losers: [{host: 'db2', reason: '17 MB behind db3'}],
    })
    const follower = {isStreaming: true, replayLsn: undefined}
    const quorum = withSession(healthyCluster(), 'db1', {
      followers: [
        {...follower, name: 'db2', sync: 'async'},
        {...follower, name: 'db3', sync: 'quorum'},
      ],
    })
    expect(rankCandidates(quorum, 'db1')).toEqual({
      best: 'db3',
      losers: [{host: 'db2', reason: 'commits do not wait for it, as they do for db3'}],
    })
    expect(rankCandidates(healthyCluster(), 'db1')).toEqual({
      best: 'db2',
      losers: [{host: 'db3', reason: 'no better than db2, which the fleet file names before it'}],
    })
    const away = withSession(healthyCluster(), 'db2', {upstream: undefined})
    expect(rankCandidates(away, 'db1')).toEqual({
      best: 'db3',
      losers: [{host: 'db2', reason: 'does not stream from db1'}],
    })
  })

  test('one that is tagged no-failover is passed over, and refused by name with the command that lifts it', () => {
    const state = tagged(healthyCluster(), 'db2')
    expect(rankCandidates(state, 'db1')).toEqual({
      best: 'db3',
      losers: [{host: 'db2', reason: 'tagged no-failover'}],
    })
    const request = {from: undefined, to: 'db2', maxLagBytes: 1, pauseSeconds: 1, windowSeconds: 4, acceptUnlogged: false, acceptSlotLoss: false, insist: undefined, maxLoss: undefined, again: false, forceUnfenced: false} // prettier-ignore
    expect(resolveRequest(state, request, 30)).toMatchObject({
      kind: 'refused',
      code: 'TAGGED_NO_FAILOVER',
      hint: 'pp db tag db2 --remove no-failover',
    })
  })
})

const lost = (some: Readonly<Record<string, Partial<Session>>>): ClusterState =>
  Object.entries(some).reduce((state, [host, one]) => withSession(state, host, one), crashedCluster())

const cases: readonly {
  readonly what: string
  readonly state: ClusterState
  readonly asked?: string
  readonly best: string | undefined
  readonly reasons: readonly string[]
}[] = [
  {what: 'the most advanced', state: lost({db2: {lsn: '0/4000100'}}), best: 'db3', reasons: ['db2: 17 MB behind db3']},
  {what: 'what was received counts, replayed or not', state: lost({db3: {receivedLsn: '0/6000100'}}), best: 'db3', reasons: ['db2: 17 MB behind db3']},
  {what: 'whoever is ahead, and says that another one is not at the end of its own WAL yet', state: lost({db2: {lsn: '0/4000100', replaysOwnWal: true}}), best: 'db3', reasons: ['db2: 17 MB behind db3 so far: it still replays what it has']},
  {what: 'lineage before position', state: lost({db2: {lsn: '0/9000000'}, db3: {timeline: 8}}), best: 'db3', reasons: ['db2: left behind on timeline 7; db3 is on 8']},
  {what: 'policy only between equals', state: lost({}), best: 'db2', reasons: ['db3: no better than db2, which the fleet file names before it']},
  {what: 'one that was asked for, though it is behind', state: lost({db2: {lsn: '0/4000100'}}), asked: 'db2', best: 'db2', reasons: ['db3: db2 was asked for']},
  {what: 'no one that is on an older timeline, asked for or not', state: lost({db3: {timeline: 8}}), asked: 'db2', best: undefined, reasons: ['db2: left behind on timeline 7; db3 is on 8', 'db3: db2 was asked for']},
  {what: 'no one that is tagged, even when it is ahead', state: tagged(lost({db2: {lsn: '0/9000000'}}), 'db2'), best: 'db3', reasons: ['db2: tagged no-failover']},
  {what: "no one with another cluster's data", state: lost({db3: {systemIdentifier: '9'}}), best: 'db2', reasons: ["db3: holds the data of another cluster (system 9)"]},
  {what: 'no one that accepts writes', state: withMember(lost({}), 'db2', () => primary('db2')), best: 'db3', reasons: ['db2: accepts writes']},
  {what: 'nobody, when nobody answers', state: ['db2', 'db3'].reduce((state, host) => withMember(state, host, (member) => ({...member, session: undefined, problems: ['no answer within 2 s']})), lost({})), best: undefined, reasons: ['db2: no answer within 2 s', 'db3: no answer within 2 s']},
] // prettier-ignore

describe('standbys of a lost primary', () => {
  test.each(cases)('$what', ({state, asked, best, reasons}) => {
    const ranking = rankStandbys(state, 'db1', asked)
    expect(ranking.best).toBe(best)
    expect(ranking.losers.map(({host, reason}) => `${host}: ${reason}`)).toEqual(reasons)
  })

  test('never one that is behind another eligible one, and every other member has a reason', () => {
    const session = fc.record({
      lsn: fc.constantFrom('0/4000000', '0/5000000', '0/6000000'),
      timeline: fc.constantFrom(6, 7, 8),
    })
    fc.assert(
      fc.property(session, session, fc.boolean(), (db2, db3, isTagged) => {
        const state = isTagged ? tagged(lost({db2, db3}), 'db3') : lost({db2, db3})
        const {best, losers} = rankStandbys(state, 'db1')
        // One on an earlier timeline than the lost primary's got none of its writes.
        const lostTimeline = memberOf(state, 'db1').machine?.control?.timeline ?? 0
        const newest = Math.max(lostTimeline, db2.timeline, db3.timeline)
        const eligible = state.members.filter(
          ({host, session: one, tags}) => host !== 'db1' && one?.timeline === newest && tags.length === 0,
        )
        expect(eligible.length > 0).toBe(best !== undefined)
        const chosen = eligible.find(({host}) => host === best)
        for (const one of eligible) expect(lsnBytes(lsnOf(one)) <= lsnBytes(lsnOf(chosen ?? one))).toBe(true)
        expect(losers.map(({host}) => host).toSorted()).toEqual(
          ['db2', 'db3'].filter((host) => host !== best),
        )
        expect(losers.every(({reason}) => reason.length > 0)).toBe(true)
      }),
    )
  })
})
