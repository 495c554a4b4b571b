import {beforeEach, expect, test} from '@jest/globals'

import {deletePodsFault} from '../../src/lib/fault/delete-pods.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'

const core = '/api/v1/namespaces/pixelpulse'
const labels = {'app.kubernetes.io/name': 'auth'}
let api: FakeCluster
let made: number

beforeEach(() => {
  api = new FakeCluster()
  made = 0
  api.put('/apis/apps/v1/namespaces/pixelpulse/deployments/auth', {
    metadata: {name: 'auth'},
    spec: {
      replicas: 3,
      selector: {matchLabels: labels},
      template: {metadata: {labels}, spec: {containers: []}},
    },
    // A count that lags behind, as right after a loss.
    status: {readyReplicas: 3},
  })
  for (const name of ['a', 'b', 'c']) add(name)
})

/** As the ReplicaSet does, and the kubelet. */
function add(name: string): void {
  api.put(`${core}/pods/${name}`, {
    metadata: {name, namespace: 'pixelpulse', labels, uid: `uid-${++made}`},
    spec: {nodeName: 'node1', containers: []},
    status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]},
  })
}
const names = (kind: string) =>
  [...api.objects.keys()]
    .filter((path) => path.startsWith(`${core}/${kind}/`))
    .map((path) => path.split('/').at(-1))

/** As another pp takes it up. */
const fault = (count = 1, maxPods = 3) =>
  deletePodsFault([{name: 'rack', namespace: 'pixelpulse', api}], {
    deployment: 'auth',
    count,
    percent: undefined,
    maxPods,
    id: 'OP1-x',
  })

test('deletes so many and proves it; the Deployment is not back before its Pods are', async () => {
  await fault().apply()
  expect(names('pods')).toEqual(['b', 'c'])
  expect(await fault().proveInForce()).toEqual({holds: true, measured: 'rack knows 1 Pod no more: a'})
  expect(await fault().proveGone()).toEqual({holds: false, measured: '2 of 3 ready in rack'})
})

test('applied once more, by another pp, it deletes no others', async () => {
  await fault().apply()
  add('d')
  await fault().apply()
  expect(names('pods')).toEqual(['b', 'c', 'd'])
})

test('is undone when the Pods are there again; nothing of it is left', async () => {
  await fault().apply()
  const undoing = fault().undo()
  add('d')
  await undoing
  expect(names('configmaps')).toEqual([])
  expect(await fault().proveGone()).toEqual({holds: true, measured: '3 of 3 ready in rack'})
  await fault().undo()
})

test('refuses where there is no Pod, and writes nothing', async () => {
  for (const name of ['a', 'b', 'c']) api.objects.delete(`${core}/pods/${name}`)
  await expect(fault().apply()).rejects.toMatchObject({code: 'FAULT_NO_PODS'})
  expect(names('configmaps')).toEqual([])
})

test('refuses more Pods than the cap, and deletes none', async () => {
  await expect(fault(3, 2).apply()).rejects.toMatchObject({
    code: 'PODS_OVER_CAP',
    message: '3 Pods of auth would be deleted in rack; the cap is 2.',
  })
  expect(names('pods')).toEqual(['a', 'b', 'c'])
  expect(names('configmaps')).toEqual([])
})
