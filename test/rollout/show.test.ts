import {expect, test} from '@jest/globals'

import {showHistory, showStatus} from '../../src/lib/rollout/show.ts'
import {facts, template} from './facts.ts'

const aws = (changes = {}) => facts({cluster: 'aws', site: 'aws', ...changes})

test('a status has a line for each cluster, and one for a canary', () => {
  const canary = {
    name: 'auth-canary',
    template: template('1.1.0'),
    progress: {...facts().progress, wanted: 1, available: 1},
    operation: 'OP',
  }
  const rolling = {...facts().progress, updated: 1, total: 4}
  expect(showStatus([facts({canary}), aws({progress: rolling})]).replaceAll(/\n {4}/g, '  ')).toBe(
    `rack  1.0.0  3/3 ready  3 of this version  rolled out
rack  1.1.0  1/1 ready  canary             operation OP
aws   1.0.0  3/3 ready  1 of this version  rolling out`,
  )
})

test.each([
  {changes: {isPaused: true}, state: 'paused'},
  {
    changes: {stuck: 'ReplicaSet "auth-x" has timed out progressing.', updated: 1},
    state: 'ReplicaSet "auth-x" has timed out progressing.',
  },
])('$state is told', ({changes, state}) => {
  const line = showStatus([facts({progress: {...facts().progress, ...changes}})]).replaceAll(/\s+/g, ' ')
  expect(line.endsWith(` ${state}`)).toBe(true)
})

test('a history has the revisions of each cluster, newest first, and marks the one that runs', () => {
  const revision = (number: number, tag: string, cause?: string) => ({
    number,
    replicaSet: `auth-${number}`,
    template: template(tag),
    createdAt: `2026-11-2${number}T08:00:00Z`,
    cause,
  })
  const rack = facts({revisions: [revision(3, '1.1.0', 'pp deploy 1.1.0 (OP)'), revision(2, '1.0.0')]})
  expect(showHistory([rack, aws({revisions: [revision(7, '1.0.0')]})])).toBe(
    `rack  3    1.1.0  2026-11-23T08:00:00Z  pp deploy 1.1.0 (OP)
rack  2 *  1.0.0  2026-11-22T08:00:00Z
aws   7 *  1.0.0  2026-11-27T08:00:00Z`,
  )
})
