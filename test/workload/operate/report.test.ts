// What is left to do after a scale down whose autoscaler had to go down first.
import {expect, test} from '@jest/globals'

import type {JournalRecord} from '../../../src/lib/operation/journal.ts'
import type {Receded} from '../../../src/lib/workload/operate/recede.ts'
import {scaleReport} from '../../../src/lib/workload/operate/report.ts'
import type {ScaleIntent, ScaleState} from '../../../src/lib/workload/operate/types.ts'

const intent: ScaleIntent = {
  service: 'render',
  site: 'aws',
  clusters: [
    {
      cluster: 'aws',
      site: 'aws',
      namespace: 'pixelpulse',
      deployment: 'render',
      owner: 'keda',
      now: 6,
      wanted: 1,
      isAwaited: false,
      fields: [],
      growth: [],
      returns: [],
      recedes: ['render'],
    },
  ],
  waitSeconds: 60,
  undoOnTimeout: false,
  undo: undefined,
}
const state: ScaleState = {fields: [], clusters: [], groups: []}

function nextAfter(receded: Omit<Receded, 'cluster' | 'free' | 'held'>): readonly string[] {
  const of = (n: number, type: JournalRecord['type'], data: object): JournalRecord => ({
    n,
    at: '',
    type,
    token: 1,
    data,
    previous: '',
  })
  const proof = {clusters: [{cluster: 'aws', free: [], held: [], ...receded}]}
  const records = [
    of(0, 'step-intent', {kind: 'recede', clusters: [{cluster: 'aws', wanted: 1}]}),
    of(1, 'step-done', {kind: 'recede', proof}),
    of(2, 'closed', {}),
  ]
  const ending = {outcome: 'done', exitCode: 0, direction: 'forward', phases: [], findings: []} as const
  return scaleReport({
    id: 'A',
    intent,
    state,
    waited: [],
    ending: {...ending, error: undefined, signal: undefined},
    records,
  }).next
}

test.each([
  {
    is: 'nothing, where it is all given back',
    receded: {pods: 1, isThere: true, joining: []},
    then: undefined,
  },
  {
    is: 'the nodes, where Pods are still there',
    receded: {pods: 4, isThere: false, joining: []},
    then: 'nodes, once it has gone down: pp scale render 1 --site aws',
  },
  {
    is: 'an instance that was no node yet',
    receded: {pods: 1, isThere: true, joining: ['i-1']},
    then: 'nodes, once i-1 has joined: pp scale render 1 --site aws',
  },
])('$is', ({receded, then}) => {
  expect(nextAfter(receded).find((line) => line.startsWith('nodes'))).toBe(then)
})
