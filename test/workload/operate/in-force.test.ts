// What of an ended scale is still in force, so that an undo gives it back, and what is not.
import {describe, expect, test} from '@jest/globals'

import {withoutGivenBack, withoutUnmade} from '../../../src/lib/workload/operate/in-force.ts'
import {remembered} from '../../../src/lib/workload/operate/memory.ts'
import {planForward} from '../../../src/lib/workload/operate/plan.ts'
import type {
  FieldOwner,
  FieldSet,
  GrownGroup,
  ScaleIntent,
  ScaleState,
} from '../../../src/lib/workload/operate/types.ts'

const place = {cluster: 'rack', object: 'deployment/render', field: 'spec.replicas'} as const
const field: FieldSet = {...place, was: 2, to: 6, owners: []}
const group: GrownGroup = {cluster: 'rack', group: 'render', was: 1, to: 3, known: ['a']}
const undoing = (undo: Partial<NonNullable<ScaleIntent['undo']>>): ScaleIntent => ({
  service: 'render',
  site: undefined,
  clusters: [],
  waitSeconds: 60,
  undoOnTimeout: false,
  undo: {operation: 'A', fields: [], grown: [], returned: [], ...undo},
})
const pp: FieldOwner = {manager: 'pp', operation: 'Apply', apiVersion: 'apps/v1', subresource: undefined}
const ana: FieldOwner = {...pp, manager: 'ana', operation: 'Update'}
const state = (value: number, owner: FieldOwner, desired = 1): ScaleState => ({
  fields: [{...place, value, owners: [owner]}],
  clusters: [],
  groups: [{cluster: 'rack', group: 'render', min: 1, desired, max: 4, instances: []}],
})

describe('of what pp has begun and not written as done', () => {
  const nothing = remembered([])
  test.each([
    {name: 'a field that pp holds at its number is in force', now: state(6, pp), isInForce: true},
    {name: 'a field that somebody else holds at that number is not', now: state(6, ana), isInForce: false},
    {name: 'a field that pp holds at another number is not', now: state(4, pp), isInForce: false},
  ])('$name', ({now, isInForce}) => {
    const {undo} = withoutUnmade(undoing({fields: [field]}), now, nothing)
    expect(undo?.fields).toEqual(isInForce ? [field] : [])
  })

  test.each([
    {name: 'a node group that has grown is in force', desired: 3, isInForce: true},
    {name: 'a node group that has not grown is not', desired: 1, isInForce: false},
  ])('$name', ({desired, isInForce}) => {
    const {undo} = withoutUnmade(undoing({grown: [group]}), state(2, ana, desired), nothing)
    expect(undo?.grown).toEqual(isInForce ? [group] : [])
  })
})

test('what is written as done is in force whoever holds it', () => {
  const memory = remembered([])
  const done = {
    ...memory,
    set: [{...field, isDone: true}],
    groups: {...memory.groups, grown: [{...group, isDone: true}]},
  }
  const intent = undoing({fields: [field], grown: [group]})
  expect(withoutUnmade(intent, state(9, ana, 1), done)).toEqual(intent)
})

describe('what a Job of the cluster gives back at a time', () => {
  const done = {
    ...remembered([]),
    set: [{...field, isDone: true}],
    scheduled: [{cluster: 'rack', fields: [field]}],
  }
  const undo = (to: string, scheduled: string | undefined) => {
    const intent = {...undoing({fields: [field]}), until: {from: '2026-01-01T00:00:00Z', to, earlier: []}}
    const rack = {cluster: 'rack', replicas: 6, ready: 6, problem: undefined, scheduled}
    return withoutUnmade(intent, {...state(6, pp), clusters: [rack]}, done).undo?.fields
  }

  test.each([
    {
      name: 'has been, when its time is over and the Job is gone',
      to: '2026-01-02T00:00:00Z',
      job: undefined,
      open: [],
    },
    {name: "has been, when another operation's Job is there", to: '2026-01-02T00:00:00Z', job: 'B', open: []},
    {name: 'has not been, where the Job could not', to: '2026-01-02T00:00:00Z', job: 'A', open: [field]},
    {name: 'has not been before its time', to: '2999-01-01T00:00:00Z', job: undefined, open: [field]},
  ])('$name', ({to, job, open}) => {
    expect(undo(to, job)).toEqual(open)
  })
})

describe('an undo of what was given back before', () => {
  const intent = undoing({fields: [field], grown: [group], chosen: ['rack']})
  const instances = ['a', 'kept', 'later'].map((id) => ({id, node: id, isCordoned: false}))
  const now = (ids: readonly string[]): ScaleState => {
    const there = instances.filter(({id}) => ids.includes(id))
    const [first] = state(6, pp, there.length).groups
    return {...state(6, pp), groups: first ? [{...first, instances: there}] : []}
  }
  const steps = (kept: readonly string[], ids: readonly string[]) => {
    const open = withoutGivenBack(intent, {clusters: new Set(['rack']), kept}, [])
    const plan = planForward(now(ids), open, remembered([]))
    return plan.kind === 'steps' ? plan.steps : plan
  }

  test("takes the node that could not be taken away then, and nobody else's", () => {
    expect(steps(['kept'], ['a', 'kept', 'later'])).toMatchObject([
      {kind: 'return', instance: 'kept', was: 3},
    ])
  })

  test.each([
    {name: 'that node is gone', kept: ['kept'], ids: ['a', 'later']},
    {name: 'there was none', kept: [], ids: ['a', 'kept', 'later']},
  ])('does nothing where $name', ({kept, ids}) => {
    expect(steps(kept, ids)).toEqual([])
  })
})
