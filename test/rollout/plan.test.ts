import {describe, expect, test} from '@jest/globals'

import type {RolloutFacts} from '../../src/lib/rollout/facts.ts'
import {planBack, planForward, type Memory} from '../../src/lib/rollout/plan.ts'
import {resolved} from '../../src/lib/rollout/request.ts'
import {shareOf} from '../../src/lib/rollout/share.ts'
import {entrance, facts, led, template} from './facts.ts'

const nothing: Memory = {isMigrated: false, judged: new Set()}
const both = [facts(), facts({cluster: 'aws', site: 'aws'})]
const canary = {percent: 10, seconds: 60}
const asked = {operation: 'deploy', image: '1.1.0', patienceSeconds: 300} as const
const intent = resolved({...asked, canary}, both, {name: 'auth', migrate: ['src/migrate.ts']})
const now = (cluster: string, changes: Partial<RolloutFacts> = {}) =>
  facts({cluster, site: cluster, ...changes})
const rolling = {
  wanted: 3,
  updated: 1,
  total: 4,
  available: 3,
  isObserved: true,
  isPaused: false,
  stuck: undefined,
}
const ofCanary = {
  name: 'auth-canary',
  template: template('1.1.0'),
  operation: 'OP',
  progress: facts().progress,
}

const stepsOf = (plan: ReturnType<typeof planBack>) =>
  plan.kind === 'steps' ? plan.steps.map(({kind, cluster}) => `${kind} ${cluster}`) : plan.code

test('one site after the other: migrations once, a canary in each', () => {
  expect(stepsOf(planForward(both, intent, nothing))).toEqual([
    'migrate rack',
    'start-canary rack',
    'judge-canary rack',
    'replace rack',
    'roll rack',
    'end-canary rack',
    'start-canary aws',
    'judge-canary aws',
    'replace aws',
    'roll aws',
    'end-canary aws',
  ])
})

describe('asked again it returns the rest', () => {
  test.each([
    {
      when: 'the canary was started',
      seen: [now('rack', {canary: ofCanary}), now('aws')],
      memory: {...nothing, isMigrated: true},
      first: 'judge-canary rack',
    },
    {
      when: 'the canary was found good',
      seen: [now('rack', {canary: ofCanary}), now('aws')],
      memory: {isMigrated: true, judged: new Set(['rack'])},
      first: 'replace rack',
    },
    {
      when: 'the template was set',
      seen: [now('rack', {template: template('1.1.0'), progress: rolling, canary: ofCanary}), now('aws')],
      memory: {isMigrated: true, judged: new Set(['rack'])},
      first: 'roll rack',
    },
    {
      when: 'the first site is done',
      seen: [now('rack', {template: template('1.1.0')}), now('aws')],
      memory: {isMigrated: true, judged: new Set(['rack'])},
      first: 'start-canary aws',
    },
  ])('$when: $first', ({seen, memory, first}) => {
    expect(stepsOf(planForward(seen, intent, memory))[0]).toBe(first)
  })

  test('all is done: nothing', () => {
    const seen = [now('rack', {template: template('1.1.0')}), now('aws', {template: template('1.1.0')})]
    expect(stepsOf(planForward(seen, intent, nothing))).toEqual([])
  })
})

describe('back', () => {
  test('what was changed last comes first, and canaries end', () => {
    const seen = [
      now('rack', {template: template('1.1.0')}),
      now('aws', {template: template('1.1.0'), progress: rolling, canary: ofCanary}),
    ]
    expect(stepsOf(planBack(seen, intent))).toEqual([
      'replace aws',
      'roll aws',
      'end-canary aws',
      'replace rack',
      'roll rack',
    ])
  })

  test('nothing was touched: nothing', () => {
    expect(stepsOf(planBack(both, intent))).toEqual([])
  })

  test('what was not rolled out before is not waited for', () => {
    const broken = [facts({progress: rolling})]
    const one = resolved(asked, broken, {name: 'auth', migrate: undefined})
    expect(stepsOf(planBack([facts({template: template('1.1.0'), progress: rolling})], one))).toEqual([
      'replace rack',
    ])
  })
})

describe('somebody else has changed it', () => {
  const changed = [now('rack', {template: template('2.0.0')}), now('aws', {template: template('1.1.0')})]

  test('forward nothing more is done', () => {
    expect(stepsOf(planForward(changed, intent, nothing))).toBe('TEMPLATE_CHANGED')
  })

  test('back it stays, and the others are as they were', () => {
    expect(stepsOf(planBack(changed, intent))).toEqual(['replace aws', 'roll aws'])
  })
})

describe('a canary that an Ingress weighs', () => {
  const [target] = intent.targets
  const one = {
    ...intent,
    migrate: undefined,
    targets: [{...target!, share: shareOf(facts({template: led('1.0.0')}), entrance())}],
  }
  const route = {name: 'auth-canary', operation: 'OP', hasService: true, weight: 10}

  test.each([
    {when: 'nothing is there', seen: now('rack'), first: 'start-canary rack'},
    {when: 'its Pods are up', seen: now('rack', {canary: ofCanary}), first: 'route-canary rack'},
    {
      when: 'its Service alone is there',
      seen: now('rack', {canary: ofCanary, route: {...route, weight: undefined}}),
      first: 'route-canary rack',
    },
    {when: 'it is led to', seen: now('rack', {canary: ofCanary, route}), first: 'judge-canary rack'},
  ])('$when: $first', ({seen, first}) => {
    expect(stepsOf(planForward([seen], one, nothing))[0]).toBe(first)
  })

  test('what leads to it ends with it, also where its Pods are gone', () => {
    expect(stepsOf(planBack([now('rack', {route})], one))).toEqual(['end-canary rack'])
    expect(stepsOf(planForward([now('rack', {template: template('1.1.0'), route})], one, nothing))).toEqual([
      'end-canary rack',
    ])
  })
})
