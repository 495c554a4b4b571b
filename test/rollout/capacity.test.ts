import {expect, test} from '@jest/globals'

import {capacityLost} from '../../src/lib/rollout/capacity.ts'
import type {Amount, Strategy} from '../../src/lib/rollout/facts.ts'
import {deploymentSchema} from '../../src/lib/rollout/objects.ts'
import {facts, template} from './facts.ts'

const rolling = (maxSurge: Amount, maxUnavailable: Amount): Strategy => ({
  kind: 'RollingUpdate',
  maxSurge,
  maxUnavailable,
})

test.each([
  {name: 'none may be unavailable', pods: 8, strategy: rolling('25%', 0), lost: undefined},
  {name: '0% is none', pods: 8, strategy: rolling(1, '0%'), lost: undefined},
  {
    name: 'a quarter of three is none, rounded down',
    pods: 3,
    strategy: rolling('25%', '25%'),
    lost: undefined,
  },
  {
    name: 'a quarter of four is one',
    pods: 4,
    strategy: rolling('25%', '25%'),
    lost: 'at most 1 of 4 Pods is missing',
  },
  {
    name: '29% of 100 are 29',
    pods: 100,
    strategy: rolling(1, '29%'),
    lost: 'at most 29 of 100 Pods are missing',
  },
  {
    name: 'never more than there are',
    pods: 2,
    strategy: rolling(1, 5),
    lost: 'at most 2 of 2 Pods are missing',
  },
  {
    name: 'without a surge one goes first, though rounded down it were none',
    pods: 3,
    strategy: rolling(0, '25%'),
    lost: 'at most 1 of 3 Pods is missing',
  },
  {name: 'a small surge is one, rounded up', pods: 3, strategy: rolling('1%', '25%'), lost: undefined},
  {
    name: 'Recreate ends all',
    pods: 4,
    strategy: {kind: 'Recreate'} as const,
    lost: 'Recreate ends all 4 Pods',
  },
  {
    name: 'where there are none, none is missing',
    pods: 0,
    strategy: {kind: 'Recreate'} as const,
    lost: undefined,
  },
])('$name', ({pods, strategy, lost}) => {
  const here = facts({strategy, progress: {...facts().progress, wanted: pods}})
  if (lost === undefined) expect(capacityLost(here)).toBeUndefined()
  else expect(capacityLost(here)).toContain(lost)
})

test('says the setting that costs them, and the one that keeps them', () => {
  const here = facts({strategy: rolling('25%', 1)})
  expect(capacityLost(here)).toBe(
    'rack: at most 1 of 3 Pods is missing meanwhile, by its strategy (maxUnavailable 1, maxSurge 25%); maxUnavailable: 0 keeps them',
  )
})

test.each([
  {declared: undefined, strategy: rolling('25%', '25%')},
  {declared: {rollingUpdate: {maxUnavailable: 0}}, strategy: rolling('25%', 0)},
  {declared: {type: 'Recreate'}, strategy: {kind: 'Recreate'}},
])('a strategy declared as $declared is $strategy', ({declared, strategy}) => {
  const spec = {selector: {}, template: template('1.0.0'), strategy: declared}
  expect(deploymentSchema.parse({metadata: {name: 'auth'}, spec}).spec.strategy).toEqual(strategy)
})
