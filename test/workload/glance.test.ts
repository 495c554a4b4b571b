import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {join} from 'node:path'

import type {KubernetesCluster, Service} from '../../src/lib/fleet/types.ts'
import {costOfClusters} from '../../src/lib/workload/glance/cost.ts'
import {glanceAtClusters} from '../../src/lib/workload/glance/observe.ts'
import {showClusters} from '../../src/lib/workload/glance/show.ts'
import {autoscalerFindings, clusterFindings} from '../../src/lib/workload/glance/status.ts'
import type {ClusterGlance} from '../../src/lib/workload/glance/types.ts'
import {FakeApiServer, kubeconfigFor} from '../fakes/api-server.ts'
import {
  autoscaler,
  autoscalersPath,
  deploymentObject,
  deploymentPath,
  nodeObject,
  scaledObject,
  scaledObjectsPath,
} from '../fakes/kubernetes-objects.ts'
import {TemporaryFleet} from '../fleet/temporary-fleet.ts'
import {freePort} from '../free-port.ts'

const working = {type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound'}
const blind = {
  type: 'ScalingActive',
  status: 'False',
  reason: 'FailedGetExternalMetric',
  message: 'no metrics returned',
}
const withStatus = (object: object, current: number, desired: number, ...conditions: object[]) => ({
  ...object,
  status: {currentReplicas: current, desiredReplicas: desired, conditions},
})
const named = (name: string) => ({...deploymentObject(2), metadata: {name}})
const type = {'node.kubernetes.io/instance-type': 'c7i.xlarge'}
const odd = {'node.kubernetes.io/instance-type': 'c9.huge'}
const spot = {...type, 'eks.amazonaws.com/capacityType': 'SPOT'}

const cluster = (nodes: readonly object[], deployments: readonly object[], others: object) => ({
  [deploymentPath.replace(/\/render$/, '')]: deployments,
  '/api/v1/nodes': nodes,
  ...others,
})

let rack: FakeApiServer
let aws: FakeApiServer
let fleet: TemporaryFleet
let seen: readonly ClusterGlance[]

const services = ['gateway', 'auth', 'render'].map(
  (name): Service =>
    ({name, deployment: name, clusters: ['rack', 'aws', 'gone'], instances: []}) as unknown as Service,
)

beforeAll(async () => {
  rack = await FakeApiServer.start(
    cluster(
      [nodeObject('node1', '4'), nodeObject('node2', '4')],
      [named('gateway'), named('auth'), deploymentObject(7)],
      {
        [autoscalersPath]: [
          withStatus(autoscaler('gateway', 'gateway'), 2, 2, working),
          withStatus(autoscaler('keda-hpa-render', 'render', 'ScaledObject'), 7, 9, working, {
            type: 'ScalingLimited',
            status: 'True',
            reason: 'TooManyReplicas',
          }),
        ],
        [scaledObjectsPath]: [scaledObject(2, 9)],
      },
    ),
  )
  aws = await FakeApiServer.start(
    cluster(
      [nodeObject('a1', '4', type), nodeObject('a2', '4', spot), nodeObject('a3', '4', odd)],
      [named('gateway'), deploymentObject(0)],
      {
        [autoscalersPath]: [
          // It has never had a metric: its 0 is no number that it wants.
          withStatus(autoscaler('gateway', 'gateway'), 2, 0, blind),
          withStatus(autoscaler('keda-hpa-render', 'render', 'ScaledObject'), 0, 0, {
            ...blind,
            reason: 'ScalingDisabled',
          }),
        ],
        [scaledObjectsPath]: [
          {
            ...scaledObject(0, 8),
            status: {
              conditions: [{type: 'Ready', status: 'False', reason: 'TriggerError', message: 'no database'}],
            },
          },
        ],
      },
    ),
  )
  fleet = new TemporaryFleet()
  fleet.write('nowhere', kubeconfigFor(`http://127.0.0.1:${await freePort()}`))
  const at = (name: string, kubeconfig: string): KubernetesCluster => ({
    name,
    site: name,
    kubeconfig,
    context: undefined,
    namespace: 'pixelpulse',
    aws: undefined,
    nodeGroups: [],
  })
  const clusters = [
    at('rack', rack.kubeconfig),
    at('aws', aws.kubeconfig),
    at('gone', join(fleet.folder, 'nowhere')),
  ]
  seen = await glanceAtClusters({clusters}, services)
})
afterAll(async () => {
  fleet[Symbol.dispose]()
  await Promise.all([rack, aws].map((one) => one.stop()))
})

const of = (name: string, service: string) =>
  seen.find((one) => one.cluster === name)?.services.find((one) => one.service === service)?.autoscaler

describe('a glance at autoscalers', () => {
  test.each([
    {name: 'an HPA', at: ['rack', 'gateway'], is: {hpa: 'gateway', current: 2, desired: 2, problems: []}},
    {
      name: 'that of a ScaledObject, on its way to its upper bound',
      at: ['rack', 'render'],
      is: {
        hpa: 'keda-hpa-render',
        current: 7,
        desired: 9,
        problems: [expect.objectContaining({type: 'ScalingLimited', reason: 'TooManyReplicas'})],
      },
    },
    {
      name: 'one without a metric: what it wants is not known',
      at: ['aws', 'gateway'],
      is: {
        hpa: 'gateway',
        current: 2,
        desired: null,
        problems: [{object: 'horizontalpodautoscaler/gateway', ...blind}],
      },
    },
    {
      name: 'one at zero is well; its ScaledObject is not',
      at: ['aws', 'render'],
      is: {
        hpa: 'keda-hpa-render',
        current: 0,
        desired: 0,
        problems: [expect.objectContaining({object: 'scaledobject/render', type: 'Ready', status: 'False'})],
      },
    },
    {name: 'none', at: ['rack', 'auth'], is: null},
  ])('tells of $name', ({at: [name = '', service = ''], is}) => {
    expect(of(name, service)).toEqual(is)
  })

  test('what does not work is a finding with its reason; what is at its bound is a warning', () => {
    expect(autoscalerFindings(seen)).toEqual({
      findings: [
        'aws: horizontalpodautoscaler/gateway ScalingActive=False (FailedGetExternalMetric); see: pp why gateway',
        'aws: scaledobject/render Ready=False (TriggerError); see: pp why render',
      ],
      warnings: [
        'rack: horizontalpodautoscaler/keda-hpa-render ScalingLimited=True (TooManyReplicas); see: pp why render',
      ],
    })
  })
})

test('nodes cost what they are: on demand, spot, paid for anyway; others and those of a silent cluster are unknown', () => {
  expect(seen.map(({cost}) => cost)).toEqual([
    {known: 0.42, unknown: []},
    {known: 0.1785 + 0.0731, unknown: ['c9.huge']},
    null,
  ])
  expect(costOfClusters(seen)).toEqual({
    known: expect.closeTo(0.6716),
    unknown: ['c9.huge', 'nodes of gone'],
    date: '2026-11-01',
  })
})

test('shows it all, and of a silent cluster that it does not answer', () => {
  expect(showClusters(seen, costOfClusters(seen), 120)).toBe(
    `cluster rack  2/2 nodes ready  other 2/2  $0.42 an hour
cluster aws   3/3 nodes ready  other 3/3  $0.25 and c9.huge (unknown) an hour
cluster gone  no answer
cost an hour  $0.67 and c9.huge, nodes of gone (unknown); prices of 2026-11-01
  service  rack                    aws
  gateway  2/2   HPA 2–8, wants 2  2/2   HPA 2–8, wants ?
  auth     2/2                     none
  render   7/7   KEDA 2–9, 7 → 9   0/0   KEDA 0–8, wants 0`,
  )
  expect(clusterFindings(seen)).toContainEqual(expect.stringMatching(/^gone: .*does not answer/))
})

test('asks four things of each cluster', () => {
  expect(rack.asked.toSorted().map((path) => path.replace(/\?.*/, ''))).toEqual([
    '/api/v1/nodes',
    deploymentPath.replace(/\/render$/, ''),
    autoscalersPath,
    scaledObjectsPath,
  ])
})
