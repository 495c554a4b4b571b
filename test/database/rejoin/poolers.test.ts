import {expect, test} from '@jest/globals'

import {planRejoin} from '../../../src/lib/database/rejoin/plan.ts'
import type {ClusterState} from '../../../src/lib/database/types.ts'
import {applyStep, healthyCluster, intent} from '../../fakes/cluster-state.ts'

/** db1 is primary, db2 comes back. */
const plan = (state: ClusterState) => {
  const request = {...intent, from: 'db2', to: 'db1', synchronousNames: '', conninfo: ''}
  const found = planRejoin(
    state,
    {...request, how: 'rejoin', removeOld: false},
    {isCopied: false, problem: undefined},
  )
  return found.kind === 'steps' ? found.steps : found.code
}
const astray = applyStep(healthyCluster(), {kind: 'route', poolers: ['edge1'], host: 'db2'})

test('a pooler that was away while the primary changed is led to the present one', () => {
  expect(plan(astray)).toContainEqual({kind: 'route', poolers: ['edge1'], host: 'db1'})
})

test('a pooler that somebody paused is left alone', () => {
  const paused = applyStep(astray, {kind: 'pause', poolers: ['edge1'], host: 'db2'})
  expect(plan(paused)).not.toContainEqual(expect.objectContaining({kind: 'route'}))
})
