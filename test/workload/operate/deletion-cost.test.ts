// Which Pods go first, whoever lowers the replicas: marked before an autoscaler's bounds are, and not marked any more when that
// is taken back.
import {beforeEach, describe, expect, test} from '@jest/globals'

import type {JournalRecord} from '../../../src/lib/operation/journal.ts'
import type {ServiceCluster} from '../../../src/lib/workload/open-service.ts'
import {choosePods, unchoosePods} from '../../../src/lib/workload/operate/choose.ts'
import {remembered} from '../../../src/lib/workload/operate/memory.ts'
import {planBack, planForward} from '../../../src/lib/workload/operate/plan.ts'
import type {ScaleIntent, ScaleState} from '../../../src/lib/workload/operate/types.ts'
import {FakeCluster} from '../../fakes/fake-cluster.ts'
import {deploymentObject, nodeObject, podObject} from '../../fakes/kubernetes-objects.ts'

const key = 'controller.kubernetes.io/pod-deletion-cost'
const pods = '/api/v1/namespaces/pixelpulse/pods'
let api: FakeCluster
let cluster: ServiceCluster

/** Pods are listed in their namespace and in all of them. */
class Cluster extends FakeCluster {
  override listVersioned: FakeCluster['listVersioned'] = (path, schema, query) =>
    super.listVersioned(path === '/api/v1/pods' ? pods : path, schema, query)
}

beforeEach(() => {
  api = new Cluster()
  cluster = {
    api,
    declared: {
      name: 'rack', site: 'rack', namespace: 'pixelpulse', aws: undefined,
      kubeconfig: undefined, context: undefined, nodeGroups: [],
    },
  } // prettier-ignore
  api.put('/apis/apps/v1/namespaces/pixelpulse/deployments/render', deploymentObject(3))
  const large = {'node.kubernetes.io/instance-type': 'c7i.4xlarge'}
  const small = {'node.kubernetes.io/instance-type': 'c7i.large'}
  api.put('/api/v1/nodes/cheap', nodeObject('cheap', '4', small))
  api.put('/api/v1/nodes/dear', nodeObject('dear', '4', large))
  for (const [name, node] of Object.entries({one: 'cheap', two: 'dear', three: 'cheap'}))
    api.put(`${pods}/${name}`, podObject(name, node))
})

const costs = () =>
  Object.fromEntries(
    [...api.objects.entries()].flatMap(([path, {metadata}]) => {
      const {annotations = {}} = metadata as {annotations?: Record<string, string>}
      return path.startsWith(`${pods}/`) && key in annotations ? [[metadata.name, annotations[key]]] : []
    }),
  )
function mark(name: string, cost: string, labels?: object): void {
  const pod = podObject(name, 'cheap')
  const metadata = {...pod.metadata, annotations: {[key]: cost}, ...(labels ? {labels} : {})}
  api.put(`${pods}/${name}`, {...pod, metadata})
}

const intentOf = (more: Partial<ScaleIntent> = {}, owner: 'keda' | 'hpa' = 'keda'): ScaleIntent => ({
  service: 'render',
  site: undefined,
  waitSeconds: 60,
  undoOnTimeout: false,
  undo: undefined,
  clusters: [
    {
      cluster: 'rack', site: 'rack', namespace: 'pixelpulse', deployment: 'render', owner, now: 3, wanted: 2,
      isAwaited: false, growth: [], returns: [], recedes: [],
      fields: [{object: 'scaledobject/render', field: 'spec.minReplicaCount', to: 2}],
    },
  ],
  ...more,
}) // prettier-ignore
const choose = {kind: 'choose', cluster: 'rack', count: 1} as const

test('those on the dearest node are marked, and no others of the service any more', async () => {
  mark('one', '-1000')
  mark('three', '7')
  mark('stranger', '-1000', {app: 'gateway'})
  expect(await choosePods(cluster, intentOf(), choose)).toEqual(['two'])
  expect(costs()).toEqual({two: '-1000', three: '7', stranger: '-1000'})
})

test('one that somebody else has marked is not marked over; another one goes in its place', async () => {
  mark('two', '7')
  expect(await choosePods(cluster, intentOf(), choose)).toEqual(['one'])
  expect(costs()).toEqual({one: '-1000', two: '7'})
  await unchoosePods(cluster, intentOf())
  expect(costs()).toEqual({two: '7'})
})

test('what was marked is marked no more; what others have marked, and other services, stay', async () => {
  await choosePods(cluster, intentOf(), choose)
  mark('three', '7')
  mark('stranger', '-1000', {app: 'gateway'})
  expect(await unchoosePods(cluster, intentOf())).toEqual(['two'])
  expect(costs()).toEqual({three: '7', stranger: '-1000'})
})

describe('of a service that an autoscaler owns', () => {
  const place = {cluster: 'rack', object: 'scaledobject/render', field: 'spec.minReplicaCount'} as const
  const state = (value: number): ScaleState => ({
    fields: [{...place, value, owners: []}],
    clusters: [],
    groups: [],
  })
  const record = (type: string, data: unknown): JournalRecord => ({
    n: 0,
    at: '',
    type,
    token: 1,
    data,
    previous: '',
  })
  const kinds = (plan: ReturnType<typeof planForward>) =>
    plan.kind === 'steps' ? plan.steps.map(({kind}) => kind) : plan

  test.each(['keda', 'hpa'] as const)('(%s) Pods are marked before the bound is lowered', (owner) => {
    expect(kinds(planForward(state(3), intentOf({}, owner), remembered([])))).toEqual(['choose', 'set'])
  })

  test('none are where it is for a time only: nobody would take the marks away', () => {
    const until = {from: '', to: '2026-11-28T12:00Z', earlier: []}
    expect(kinds(planForward(state(3), intentOf({until}), remembered([])))).not.toContain('choose')
  })

  test('none are where all of them go, or more are to come', () => {
    const to = (wanted: number) => {
      const [one] = intentOf().clusters
      return intentOf({clusters: one ? [{...one, wanted}] : []})
    }
    expect(kinds(planForward(state(3), to(0), remembered([])))).toEqual(['set'])
    expect(kinds(planForward(state(3), to(5), remembered([])))).toEqual(['set'])
  })

  test('an abort takes the marks away', () => {
    const chosen = remembered([record('step-intent', choose)])
    expect(kinds(planBack(state(3), intentOf(), chosen))).toEqual(['unchoose'])
  })

  test('a later undo takes them away, once', () => {
    const fields = [{...place, was: 3, to: 2, owners: []}]
    const undo = {operation: 'A', fields, grown: [], returned: [], chosen: ['rack']}
    const done = remembered([record('step-intent', {kind: 'unchoose', cluster: 'rack'})])
    expect(kinds(planForward(state(2), intentOf({undo}), remembered([])))).toEqual(['restore', 'unchoose'])
    expect(kinds(planForward(state(3), intentOf({undo}), done))).toEqual([])
  })

  test('an undo leaves them where a later scale has set the bound since', () => {
    const fields = [{...place, was: 3, to: 2, owners: []}]
    const undo = {operation: 'A', fields, grown: [], returned: [], chosen: ['rack']}
    const pp = {
      manager: 'pp',
      operation: 'Apply',
      apiVersion: 'keda.sh/v1alpha1',
      subresource: undefined,
    } as const
    const later = {...state(1), fields: [{...place, value: 1, owners: [pp]}]}
    expect(kinds(planForward(later, intentOf({undo}), remembered([])))).toEqual(['leave'])
  })
})
