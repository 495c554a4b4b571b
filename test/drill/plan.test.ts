import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {planDrill} from '../../src/lib/drill/plan.ts'
import {resolveDrill, type ResolvedDrill} from '../../src/lib/drill/resolve.ts'
import {singleSteps, type DrillStep} from '../../src/lib/drill/steps.ts'
import type {Act, Drill} from '../../src/lib/drill/format/types.ts'
import type {JournalRecord, RecordType} from '../../src/lib/operation/journal.ts'
import {healthyCluster} from '../fakes/cluster-state.ts'
import {drill} from '../fakes/drill.ts'

function resolved(parts: Partial<Drill> = {}): ResolvedDrill {
  const found = resolveDrill(drill(parts), healthyCluster())
  if (found.kind === 'refused') throw new Error(found.reason)
  return found
}

const record = (type: RecordType, data: unknown): JournalRecord => ({
  n: 0,
  at: '2026-11-26T09:00:00.000Z',
  type,
  token: 1,
  data,
  previous: '',
})

const begun = (step: DrillStep) => record('step-intent', step)
const done = (step: DrillStep) => [
  begun(step),
  record('step-done', {kind: step.kind, proof: {name: step.name, from: 0, to: 1, says: ''}}),
]
const names = (steps: readonly DrillStep[]) => steps.map(({name}) => name)

const freeze: Act = {
  act: 'fault',
  name: 'freeze',
  fault: {kind: 'freeze', host: '{primary}', from: [], expiresSeconds: 60},
}
const thaw: Act = {act: 'lift', name: 'thaw', fault: 'freeze'}
const cut: Act = {
  act: 'fault',
  name: 'cut',
  fault: {kind: 'cut', host: '{standby}', from: ['{primary}'], expiresSeconds: 60},
}
const long = resolved({
  targets: {
    database: 'main',
    hosts: ['{primary}', '{standby}'],
    maxHosts: 2,
    maxPods: 1,
    services: [],
    sites: [],
  },
  method: [
    {act: 'parallel', name: 'both', acts: [freeze, cut]},
    {act: 'wait', name: 'a while', probe: undefined, timeoutSeconds: 1},
    thaw,
    {act: 'operation', name: 'fail over', operation: 'failover', with: {}, timeoutSeconds: 120},
  ],
})

describe('planning a run', () => {
  test('goes from the marker writer through the method to the last look, and undoes what the method does not', () => {
    expect(names(planDrill(resolved(), 'forward', []))).toEqual([
      'markers',
      'power off',
      'fail over',
      'lift power off',
      'rejoin',
      'recover',
      'steady',
      'collect',
    ])
  })

  test('leaves out what the method lifts by itself', () => {
    expect(names(planDrill(long, 'forward', []))).toEqual([
      'markers',
      'both',
      'a while',
      'thaw',
      'fail over',
      'lift cut',
      'rejoin',
      'recover',
      'steady',
      'collect',
    ])
  })

  test('planning again after any prefix gives the rest', () => {
    const all = planDrill(long, 'forward', [])
    fc.assert(
      fc.property(fc.integer({min: 0, max: all.length}), (n) => {
        expect(planDrill(long, 'forward', all.slice(0, n).flatMap(done))).toEqual(all.slice(n))
      }),
    )
  })

  test('the way back lifts every fault that was begun and not lifted, the latest first, and breaks nothing', () => {
    const all = planDrill(long, 'forward', [])
    fc.assert(
      fc.property(fc.integer({min: 0, max: all.length}), fc.boolean(), (n, isNextBegun) => {
        const next = all[n]
        const records = [...all.slice(0, n).flatMap(done), ...(isNextBegun && next ? [begun(next)] : [])]
        const back = planDrill(long, 'back', records)
        const begunFaults = [...all.slice(0, n), ...(isNextBegun && next ? [next] : [])]
          .flatMap(singleSteps)
          .filter(({kind}) => kind === 'fault')
          .map(({name}) => name)
        const liftedBefore = all.slice(0, n).flatMap((step) => (step.kind === 'lift' ? step.fault : []))
        const lifts = back.flatMap((step) => (step.kind === 'lift' ? step.fault : []))
        expect(lifts).toEqual(begunFaults.filter((name) => !liftedBefore.includes(name)).toReversed())
        expect(back.flatMap(singleSteps).filter(({kind}) => kind === 'fault')).toEqual([])
      }),
    )
  })

  test('the way back finishes an operation that was begun before it lifts anything', () => {
    const all = planDrill(resolved(), 'forward', [])
    const records = [...all.slice(0, 2).flatMap(done), begun(all[2]!)]
    expect(names(planDrill(resolved(), 'back', records))).toEqual([
      'settle',
      'lift power off',
      'rejoin',
      'collect',
    ])
  })

  test('services are held before anything else, and released after what puts them right, either way', () => {
    const holding = {...resolved(), held: ['gateway']}
    const all = planDrill(holding, 'forward', [])
    expect(names(all)).toEqual([
      'hold-services',
      'markers',
      'power off',
      'fail over',
      'lift power off',
      'rejoin',
      'recover',
      'steady',
      'release-services',
      'collect',
    ])
    const back = (n: number) =>
      names(planDrill(holding, 'back', [...all.slice(0, n).flatMap(done), begun(all[n]!)]))
    expect(back(0)).toEqual(['release-services'])
    expect(back(2)).toEqual(['lift power off', 'rejoin', 'release-services', 'collect'])
    expect(back(9)).not.toContain('release-services')
    expect(planDrill(holding, 'back', [])).toEqual([])
  })

  test('of a run that has touched nothing there is nothing to undo', () => {
    expect(planDrill(resolved(), 'back', [])).toEqual([])
  })

  test('a fault that was begun twice, before a kill and after it, is lifted once', () => {
    const [probe, powerOff] = planDrill(resolved(), 'forward', [])
    const back = planDrill(resolved(), 'back', [...done(probe!), begun(powerOff!), ...done(powerOff!)])
    expect(names(back)).toEqual(['lift power off', 'rejoin', 'collect'])
  })
})
