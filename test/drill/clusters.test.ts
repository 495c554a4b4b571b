import {describe, expect, test} from '@jest/globals'

import {howMany} from '../../src/lib/fault/delete-pods.ts'
import {deploymentSchema, judge} from '../../src/lib/drill/probes/kubernetes.ts'
import {longestOutage} from '../../src/lib/drill/report/measure.ts'

describe('Pods of a service', () => {
  const seen = (ready: number, more: object = {}) => ({
    ...deploymentSchema.parse({
      metadata: {generation: 2},
      spec: {replicas: 3, selector: {}},
      status: {observedGeneration: 2, ...more},
    }),
    ready,
  })

  test.each([
    {name: 'all ready', is: seen(3), ready: undefined, state: 'good'},
    {name: 'one away', is: seen(2), ready: undefined, state: 'bad'},
    {name: 'one away, and two will do', is: seen(2), ready: 2, state: 'good'},
    {name: 'a change that is not seen yet', is: seen(3, {observedGeneration: 1}), ready: 1, state: 'no-data'},
    {
      name: 'a rollout that is stuck',
      is: seen(3, {conditions: [{type: 'Progressing', status: 'False'}]}),
      ready: undefined,
      state: 'bad',
    },
  ])('$name is $state', ({is, ready, state}) => {
    expect(judge('rack', is, {ready, most: undefined}).state).toBe(state)
  })

  test('are deleted by number or by share, rounded up, and never more than there are', () => {
    expect(howMany({count: undefined, percent: undefined}, 3)).toBe(1)
    expect(howMany({count: 5, percent: undefined}, 3)).toBe(3)
    expect(howMany({count: undefined, percent: 34}, 3)).toBe(2)
  })
})

describe('the longest time without a good look', () => {
  const look = (to: number, state: 'good' | 'bad' | 'no-data') => ({
    probe: 'p',
    from: to - 0.1,
    to,
    state,
    said: '',
  })

  test.each([
    {name: 'is none where every look was good', looks: [look(1, 'good'), look(2, 'good')], is: 0},
    {name: 'runs to the next good look', looks: [look(1, 'good'), look(2, 'bad'), look(4, 'good')], is: 3},
    {
      name: 'counts a look without data',
      looks: [look(1, 'good'), look(2, 'no-data'), look(3, 'good')],
      is: 2,
    },
    {name: 'has not ended', looks: [look(1, 'good'), look(2, 'bad'), look(9, 'bad')], is: 8},
    {name: 'is not known where none was good', looks: [look(1, 'bad')], is: undefined},
  ])('$name', ({looks, is}) => {
    expect(longestOutage(looks)).toBe(is)
  })
})
