import {afterAll, beforeAll, expect, test} from '@jest/globals'

import {openCluster} from '../../../src/lib/drivers/kubernetes/open-cluster.ts'
import {observeReadiness} from '../../../src/lib/workload/why/observe.ts'
import type {Readiness} from '../../../src/lib/workload/why/types.ts'
import {FakeApiServer} from '../../fakes/api-server.ts'
import {deploymentObject, deploymentPath, nodeObject, podObject} from '../../fakes/kubernetes-objects.ts'

const inNamespace = 'namespaces/pixelpulse'
const at = '2026-11-27T12:00:00Z'
const crashed = {
  ...podObject('render-1', 'node1'),
  metadata: {
    ...podObject('render-1', 'node1').metadata,
    creationTimestamp: at,
    ownerReferences: [{kind: 'ReplicaSet', name: 'render-new'}],
  },
  status: {
    phase: 'Running',
    conditions: [{type: 'Ready', status: 'False', lastTransitionTime: at}],
    containerStatuses: [
      {
        name: 'render',
        image: 'x',
        ready: false,
        restartCount: 2,
        state: {waiting: {reason: 'CrashLoopBackOff'}},
        lastState: {terminated: {exitCode: 3, reason: 'Error', finishedAt: at}},
      },
    ],
  },
}
const waiting = {...podObject('render-2', undefined), status: {phase: 'Pending'}}

let server: FakeApiServer
let seen: Readiness

beforeAll(async () => {
  server = await FakeApiServer.start({
    [deploymentPath]: deploymentObject(3),
    [`/apis/apps/v1/${inNamespace}/replicasets`]: ['render', 'other'].map((owner) => ({
      metadata: {name: `${owner}-new`, ownerReferences: [{kind: 'Deployment', name: owner}]},
      spec: {replicas: 3},
      status: {
        replicas: 2,
        conditions: [
          {type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota'},
        ],
      },
    })),
    [`/api/v1/${inNamespace}/pods`]: [crashed, waiting],
    '/api/v1/pods': [podObject('a', 'node1'), podObject('b', 'node1')],
    '/api/v1/nodes': [nodeObject('node1', '4')],
    [`/api/v1/${inNamespace}/events`]: [
      {
        metadata: {creationTimestamp: at},
        involvedObject: {kind: 'Pod', name: 'render-1'},
        reason: 'BackOff',
        message: 'Back-off restarting',
        count: 7,
        firstTimestamp: at,
        lastTimestamp: '2026-11-27T12:09:00Z',
      },
      {
        metadata: {},
        involvedObject: {kind: 'ReplicaSet', name: 'render-new'},
        reason: 'FailedCreate',
        message: 'no',
        firstTimestamp: null,
        lastTimestamp: null,
        eventTime: '2026-11-27T12:01:00.5Z',
        series: {count: 4, lastObservedTime: '2026-11-27T12:05:00.5Z'},
      },
    ],
    [`/apis/policy/v1/${inNamespace}/poddisruptionbudgets`]: [
      {
        metadata: {name: 'render'},
        spec: {maxUnavailable: 1, selector: {matchLabels: {app: 'render'}}},
        status: {disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2, expectedPods: 3},
      },
    ],
    [`/apis/autoscaling/v2/${inNamespace}/horizontalpodautoscalers`]: ['render', 'other'].map((name) => ({
      metadata: {name},
      spec: {scaleTargetRef: {kind: 'Deployment', name}},
      status: {conditions: [{type: 'AbleToScale', status: 'True'}]},
    })),
    [`/apis/keda.sh/v1alpha1/${inNamespace}/scaledobjects`]: [
      {metadata: {name: 'render'}, spec: {scaleTargetRef: {name: 'render'}}},
    ],
    [`/api/v1/${inNamespace}/pods/render-1/log`]: 'no database\n\nbye\n',
  })
  const reader = await openCluster(server.access)
  const cluster = {name: 'rack', site: 'rack', namespace: 'pixelpulse'}
  seen = await observeReadiness(reader, cluster, {name: 'render', deployment: 'render'})
  reader.close()
})
afterAll(() => server.stop())

test('only what belongs to the Deployment is kept', () => {
  expect(seen.replicaSets).toMatchObject([{name: 'render-new', wanted: 3, made: 2}])
  expect(seen.autoscalers.map(({object}) => object)).toEqual([
    'horizontalpodautoscaler/render',
    'scaledobject/render',
  ])
  expect(server.asked).toContain(`/api/v1/${inNamespace}/pods?labelSelector=app+in+%28render%29&limit=50`)
})

test('a container that ended has its last lines with it', () => {
  expect(seen.pods[0]?.containers).toMatchObject([
    {
      name: 'render',
      restarts: 2,
      waiting: {reason: 'CrashLoopBackOff'},
      before: {exitCode: 3, at},
      lastLines: ['no database', 'bye'],
    },
  ])
  expect(server.asked).toContain(
    `/api/v1/${inNamespace}/pods/render-1/log?container=render&previous=true&tailLines=4`,
  )
})

test('while a Pod waits for a node, what is free on each is counted', () => {
  expect(seen.pods[1]).toMatchObject({name: 'render-2', node: undefined, phase: 'Pending'})
  expect(seen.room).toMatchObject({node1: {cpu: 2000}})
})

test('an event of either kind says how often, and since when', () => {
  expect(seen.events).toMatchObject([
    {object: 'pod/render-1', count: 7, firstSeen: at, lastSeen: '2026-11-27T12:09:00Z'},
    {
      object: 'replicaset/render-new',
      count: 4,
      firstSeen: '2026-11-27T12:01:00.5Z',
      lastSeen: '2026-11-27T12:05:00.5Z',
    },
  ])
})

test('a budget says what it allows now', () => {
  expect(seen.budgets).toMatchObject([
    {name: 'render', allowed: 0, healthy: 1, wantedHealthy: 2, expected: 3},
  ])
})

test('a Deployment that is not there is no error', async () => {
  const reader = await openCluster(server.access)
  const cluster = {name: 'rack', site: 'rack', namespace: 'pixelpulse'}
  expect(await observeReadiness(reader, cluster, {name: 'render', deployment: 'absent'})).toMatchObject({
    deployment: undefined,
    pods: [],
  })
  reader.close()
})
