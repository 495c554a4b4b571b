import {beforeEach, expect, test} from '@jest/globals'

import {drainFault, type DrainedNodes} from '../../src/lib/fault/drain.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'

let api: FakeCluster

/** Two nodes in zone a, of which somebody has closed the second one already, and one in zone b. */
beforeEach(() => {
  api = new FakeCluster()
  node('a1', 'a')
  node('a2', 'a', {unschedulable: true})
  node('b1', 'b')
  for (const on of ['a1', 'a2', 'b1']) pod(`pixelpulse/pods/auth-${on}`, on, 'ReplicaSet')
  pod('pixelpulse/pods/log-a1', 'a1', 'DaemonSet')
  pod('kube-system/pods/dns-a1', 'a1', 'ReplicaSet')
})

function node(name: string, zone: string, spec: object = {}): void {
  api.put(`/api/v1/nodes/${name}`, {metadata: {name, labels: {'topology.kubernetes.io/zone': zone}}, spec})
}
function pod(path: string, nodeName: string, kind: string): void {
  const name = path.split('/').at(-1)
  api.put(`/api/v1/namespaces/${path}`, {
    metadata: {name, uid: `uid-${name ?? ''}`, ownerReferences: [{kind}]},
    spec: {nodeName},
  })
}

const names = (kind: RegExp) =>
  [...api.objects.keys()].filter((path) => kind.test(path)).map((path) => path.split('/').at(-1))
const closed = () =>
  names(/^\/api\/v1\/nodes\//).filter(
    (name) =>
      (api.object(`/api/v1/nodes/${name ?? ''}`) as {spec: {unschedulable?: boolean}}).spec.unschedulable,
  )

/** As another pp takes it up. */
const drain = (asked: Partial<DrainedNodes>) =>
  drainFault(
    {name: 'aws', namespace: 'pixelpulse', api},
    {zone: undefined, node: undefined, id: 'OP1-x', ...asked},
  )

test('by zone: closes its nodes, and deletes the Pods of the fleet on them and no others', async () => {
  await drain({zone: 'a'}).apply()
  expect(closed()).toEqual(['a1', 'a2'])
  expect(names(/pods/)).toEqual(['auth-b1', 'log-a1', 'dns-a1'])
  expect(await drain({zone: 'a'}).proveInForce()).toEqual({
    holds: true,
    measured: 'aws: a1 a2 closed but for 0, 0 Pods of pixelpulse left there',
  })
  expect(await drain({zone: 'a'}).proveGone()).toEqual({holds: false, measured: 'aws still has closed a1'})
})

test('by node: closes and empties that one alone', async () => {
  await drain({node: 'a1'}).apply()
  expect(closed()).toEqual(['a1', 'a2'])
  expect(names(/pixelpulse\/pods/)).toEqual(['auth-a2', 'auth-b1', 'log-a1'])
})

test('is not proved while a Pod is on such a node', async () => {
  await drain({node: 'a1'}).apply()
  pod('pixelpulse/pods/late', 'a1', 'ReplicaSet')
  expect(await drain({node: 'a1'}).proveInForce()).toEqual({
    holds: false,
    measured: 'aws: a1 closed but for 0, 1 Pod of pixelpulse left there',
  })
})

test('undone, by another pp, it opens what it has closed, and not what was closed before or by another fault', async () => {
  await drain({zone: 'a'}).apply()
  await drain({node: 'b1', id: 'OP2-x'}).apply()
  await drain({zone: 'a'}).undo()
  expect(closed()).toEqual(['a2', 'b1'])
  expect(await drain({zone: 'a'}).proveGone()).toEqual({
    holds: true,
    measured: 'none of 3 nodes of aws is closed by it',
  })
})

test('applied once more it still knows which nodes it has closed', async () => {
  await drain({zone: 'a'}).apply()
  await drain({zone: 'a'}).apply()
  await drain({zone: 'a'}).undo()
  expect(closed()).toEqual(['a2'])
})

test.each([
  {asked: {zone: 'z'}, message: 'aws has no node in the zone z.'},
  {asked: {node: 'z1'}, message: 'aws has no node called z1.'},
])('refuses $asked, and changes nothing', async ({asked, message}) => {
  await expect(drain(asked).apply()).rejects.toMatchObject({code: 'FAULT_NO_NODE', message})
  expect(closed()).toEqual(['a2'])
  expect(names(/pods/)).toHaveLength(5)
})
