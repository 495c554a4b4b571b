import {expect, test} from '@jest/globals'

import {verdict} from '../../src/lib/database/verdict.ts'
import {healthyCluster, withMember, withSynchronousNames} from '../fakes/cluster-state.ts'

/** db1 is primary with these names, and these stream from it by their `application_name`. */
function waitingFor(names: string, streaming: readonly string[]) {
  const followers = streaming.map((name) => ({
    name,
    isStreaming: true,
    sync: 'quorum' as const,
    replayLsn: undefined,
  }))
  const state = withMember(healthyCluster(), 'db1', (member) => ({
    ...member,
    session: member.session && {...member.session, followers},
  }))
  return withSynchronousNames(state, 'db1', names)
}

test.each([
  {names: 'FIRST 1 (db1)', streaming: ['db2', 'db3'], outcome: 'degraded'},
  {names: 'ANY 2 (db2, barman)', streaming: ['db2', 'db3'], outcome: 'degraded'},
  {names: 'ANY 1 (db1, db2, db3)', streaming: ['db3'], outcome: 'done'},
  {names: '', streaming: [], outcome: 'done'},
])('where commits wait for "$names" and $streaming stream it is $outcome', ({names, streaming, outcome}) => {
  const found = verdict(waitingFor(names, streaming), 'db1', 7, {synchronousNames: names})
  expect(found.outcome).toBe(outcome)
  expect(found.findings.join()).toMatch(outcome === 'done' ? /^$/ : /^every commit on db1 hangs/)
})
