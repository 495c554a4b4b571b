import {describe, expect, test} from '@jest/globals'
import type * as z from 'zod'

import type {ClusterReader} from '../../src/lib/drivers/kubernetes/types.ts'
import {loadFleet} from '../../src/lib/fleet/load.ts'
import type {DeclaredNodeGroup} from '../../src/lib/fleet/types.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import type {ClusterFacts} from '../../src/lib/workload/facts.ts'
import {observeCluster} from '../../src/lib/workload/observe.ts'
import {planScale} from '../../src/lib/workload/plan.ts'
import {
  autoscaler, autoscalersPath, deploymentObject, deploymentPath, nodeObject, podObject, renderCluster, scaledObject,
  scaledObjectsPath,
} from '../fakes/kubernetes-objects.ts' // prettier-ignore

class Answers implements ClusterReader {
  readonly #objects: Readonly<Record<string, unknown>>
  constructor(objects: Readonly<Record<string, unknown>>) {
    this.#objects = objects
  }

  async get<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    return path in this.#objects ? schema.parse(this.#objects[path]) : undefined
  }

  async list<T>(path: string, schema: z.ZodType<T>): Promise<readonly T[]> {
    return ((this.#objects[path] ?? []) as unknown[]).map((object) => schema.parse(object))
  }

  async text(): Promise<string | undefined> {
    return undefined
  }

  async *lines(): AsyncGenerator<string, void, undefined> {
    // none is asked for
  }

  serverNow(): undefined {
    // nobody asks
  }

  close(): void {
    // nothing is open
  }
}

const pool: DeclaredNodeGroup = {
  name: 'render',
  max: 10,
  labels: {pool: 'render'},
  zones: [],
  instanceType: undefined,
  node: undefined,
}

const observe = (
  changes: Readonly<Record<string, unknown>> = {},
  ...nodeGroups: DeclaredNodeGroup[]
): Promise<ClusterFacts> =>
  observeCluster(
    new Answers(renderCluster(changes)),
    {
      name: 'rack',
      site: 'rack',
      aws: undefined,
      kubeconfig: undefined,
      context: undefined,
      namespace: 'pixelpulse',
      nodeGroups,
    },
    'render',
  )

test('budgets are read as numbers or as shares, whichever they ask for', async () => {
  const budget = (spec: object) => ({
    metadata: {name: 'render'},
    spec: {selector: {matchLabels: {app: 'render'}}, ...spec},
  })
  const {budgets} = await observe({
    '/apis/policy/v1/namespaces/pixelpulse/poddisruptionbudgets': [
      {minAvailable: 2},
      {minAvailable: '50%'},
      {maxUnavailable: 1},
      {maxUnavailable: '25%'},
    ].map(budget),
  })
  expect(budgets.map(({minAvailable, share}) => minAvailable ?? share)).toEqual([
    2,
    'minAvailable 50%',
    'maxUnavailable 1',
    'maxUnavailable 25%',
  ])
})

test('a Deployment that is not there is refused with its name and namespace', async () => {
  const others = Object.fromEntries(
    Object.entries(renderCluster()).filter(([path]) => path !== deploymentPath),
  )
  const cluster = {
    name: 'rack',
    site: 'rack',
    aws: undefined,
    kubeconfig: undefined,
    context: undefined,
    namespace: 'pixelpulse',
    nodeGroups: [],
  }
  await expect(observeCluster(new Answers(others), cluster, 'render')).rejects.toMatchObject({
    code: 'DEPLOYMENT_UNKNOWN',
    exitCode: 3,
    message: 'rack has no Deployment render in the namespace pixelpulse.',
  })
})

describe('the owner of the number', () => {
  const owner = async (changes: Readonly<Record<string, unknown>>) => (await observe(changes)).owner

  test('is the Deployment itself where nothing else is about it', async () => {
    expect(await owner({})).toEqual({kind: 'deployment'})
    expect(await owner({[autoscalersPath]: [autoscaler('gateway', 'gateway')]})).toEqual({kind: 'deployment'})
  })

  test('is an HPA that is about it', async () => {
    expect(await owner({[autoscalersPath]: [autoscaler('any', 'render')]})).toEqual({
      kind: 'hpa',
      name: 'any',
      min: 2,
      max: 8,
    })
  })

  test('is KEDA, and not the HPA that KEDA has made', async () => {
    const changes = {
      [scaledObjectsPath]: [scaledObject(2, 48)],
      [autoscalersPath]: [autoscaler('keda-hpa-render', 'render', 'ScaledObject')],
    }
    expect(await owner(changes)).toEqual({kind: 'keda', name: 'render', min: 2, max: 48, isPaused: false})
  })

  test.each([{'autoscaling.keda.sh/paused': 'true'}, {'autoscaling.keda.sh/paused-replicas': '3'}])(
    'is paused by %j',
    async (annotations) => {
      expect(await owner({[scaledObjectsPath]: [scaledObject(2, 48, annotations)]})).toMatchObject({
        isPaused: true,
      })
    },
  )

  test('may be several', async () => {
    const changes = {
      [scaledObjectsPath]: [scaledObject(2, 48)],
      [autoscalersPath]: [autoscaler('mine', 'render')],
    }
    expect(await owner(changes)).toEqual({
      kind: 'several',
      names: ['horizontalpodautoscaler/mine', 'scaledobject/render'],
    })
  })
})

describe('the template', () => {
  const template = async (spec: object, changes: Readonly<Record<string, unknown>> = {}) =>
    (await observe({[deploymentPath]: deploymentObject(7, spec), ...changes})).deployment.template

  test('has the labels of the revision in force, by which its rules compare Pods', async () => {
    const {shape} = await template({
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: {matchLabels: {app: 'render'}},
          matchLabelKeys: ['pod-template-hash', 'not-there'],
        },
        {maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'ScheduleAnyway'},
      ],
    })
    expect(shape.labels).toEqual({app: 'render', 'pod-template-hash': 'new'})
    expect(shape.spread).toMatchObject([
      {
        topologyKey: 'zone',
        selector: [
          {key: 'app', values: ['render']},
          {key: 'pod-template-hash', operator: 'In', values: ['new']},
        ],
      },
    ])
  })

  test('takes its priority from its class, or from the one that is the default', async () => {
    const classes = {
      '/apis/scheduling.k8s.io/v1/priorityclasses': [
        {metadata: {name: 'high'}, value: 1000},
        {metadata: {name: 'usual'}, value: 10, globalDefault: true},
      ],
    }
    expect((await template({priorityClassName: 'high'}, classes)).shape).toMatchObject({
      priority: 1000,
      priorityClass: 'high',
    })
    expect((await template({}, classes)).shape).toMatchObject({priority: 10, priorityClass: 'usual'})
    expect((await template({})).shape).toMatchObject({priority: 0, priorityClass: undefined})
  })

  test('gets overhead, selectors and tolerations of its runtime class', async () => {
    const runtime = {
      overhead: {podFixed: {cpu: '250m', memory: '64Mi'}},
      scheduling: {nodeSelector: {sandbox: 'yes'}, tolerations: [{key: 'sandbox', operator: 'Exists'}]},
    }
    const found = await template(
      {runtimeClassName: 'gvisor', nodeSelector: {disk: 'ssd'}},
      {'/apis/node.k8s.io/v1/runtimeclasses/gvisor': runtime},
    )
    expect(found.overhead).toEqual({cpu: 250, memory: 64 * 2 ** 20})
    expect(found.shape).toMatchObject({
      nodeSelector: {disk: 'ssd', sandbox: 'yes'},
      tolerations: [{key: 'sandbox', operator: 'Exists'}],
    })
  })

  test('says what a plan does not look at', async () => {
    const found = await template({
      volumes: [{name: 'a', persistentVolumeClaim: {claimName: 'a'}}],
      resourceClaims: [{name: 'gpu'}],
      schedulerName: 'own',
    })
    expect(found.unseen).toHaveLength(3)
    expect((await template({volumes: [{name: 'tmp', emptyDir: {}}]})).unseen).toEqual([])
  })
})

test('Pods that are held back or end are known as such', async () => {
  const {pods} = await observe({
    '/api/v1/pods': [
      podObject('gated', undefined, {schedulingGates: [{name: 'quota'}]}),
      podObject('foreign', undefined, {schedulerName: 'own'}),
      podObject('waiting', undefined),
      {
        ...podObject('ending', 'node1'),
        metadata: {name: 'ending', namespace: 'pixelpulse', deletionTimestamp: '2026-11-27T00:00:00Z'},
      },
    ],
  })
  expect(pods.map(({name, isHeld, isTerminating}) => ({name, isHeld, isTerminating}))).toEqual([
    {name: 'gated', isHeld: true, isTerminating: false},
    {name: 'foreign', isHeld: true, isTerminating: false},
    {name: 'waiting', isHeld: false, isTerminating: false},
    {name: 'ending', isHeld: false, isTerminating: true},
  ])
})

describe('a node group', () => {
  const member = nodeObject(
    'ip-10-0-0-1',
    '4',
    {pool: 'render', 'topology.kubernetes.io/zone': 'b', 'node.kubernetes.io/instance-type': 'c7i.xlarge'},
    {
      taints: [
        {key: 'dedicated', effect: 'NoSchedule'},
        {key: 'node.kubernetes.io/not-ready', effect: 'NoExecute'},
      ],
    },
  )
  const daemonSet = (name: string, tolerations: readonly object[]) => ({
    metadata: {name, namespace: 'kube-system'},
    spec: {
      template: {
        metadata: {labels: {}},
        spec: {tolerations, containers: [{resources: {requests: {cpu: '100m'}}}]},
      },
    },
  })
  const sets = {
    '/apis/apps/v1/daemonsets': [daemonSet('kube-proxy', [{operator: 'Exists'}]), daemonSet('logs', [])],
  }

  test('that has a node makes more like it, without what is that node alone', async () => {
    const {groups} = await observe({'/api/v1/nodes': [nodeObject('node1', '4'), member], ...sets}, pool)
    expect(groups).toMatchObject([
      {
        name: 'render',
        nodes: ['ip-10-0-0-1'],
        zones: ['b'],
        instanceType: 'c7i.xlarge',
        model: {
          labels: {pool: 'render', 'node.kubernetes.io/instance-type': 'c7i.xlarge'},
          taints: [{key: 'dedicated', effect: 'NoSchedule'}],
          allocatable: {cpu: 4000, pods: 110},
          daemons: [{name: 'kube-proxy', requests: {cpu: 100}}],
        },
      },
    ])
    expect(groups[0]!.model!.labels).not.toHaveProperty('kubernetes.io/hostname')
  })

  test('that has none is what the fleet file says, or not known', async () => {
    const node = {cpu: '3920m', memory: '6800Mi', pods: 58, taints: []}
    expect((await observe(sets, {...pool, node, zones: ['a', 'b']})).groups).toMatchObject([
      {
        nodes: [],
        zones: ['a', 'b'],
        model: {
          labels: {pool: 'render'},
          allocatable: {cpu: 3920, memory: 6800 * 2 ** 20, pods: 58},
          daemons: [{name: 'kube-proxy'}, {name: 'logs'}],
        },
      },
    ])
    expect((await observe(sets, pool)).groups).toMatchObject([{nodes: [], model: undefined}])
  })
})

describe('the production environment of the bundled fleet file', () => {
  const {clusters} = loadFleet({
    environment: 'production',
    folder: packageRoot,
    env: {PP_ADMIN_PASSWORD: 'x', PP_PROBE_PASSWORD: 'x'},
  })
  const aws = clusters.find(({name}) => name === 'aws')
  const site = {'pixelpulse.io/site': 'aws'}
  const pool = 'pixelpulse.io/pool'

  // As services/render/k8s and services/common/k8s/aws have it.
  test.each([
    {
      name: 'render',
      spec: {
        nodeSelector: {...site, [pool]: 'render'},
        tolerations: [{key: pool, value: 'render', effect: 'NoSchedule'}],
      },
      grows: 'render',
    },
    {name: 'the others', spec: {nodeSelector: site}, grows: 'services'},
  ])('has a node group that grows for $name', async ({spec, grows}) => {
    if (!aws) throw new Error('it has a cluster aws')
    const none = {'/api/v1/pods': [], '/api/v1/nodes': []}
    const answers = new Answers(renderCluster({...none, [deploymentPath]: deploymentObject(0, spec)}))
    const plan = planScale([await observeCluster(answers, aws, 'render')], {
      kind: 'replicas',
      service: 'render',
      site: undefined,
      isProtected: true,
      target: {kind: 'absolute', replicas: 5},
    })
    expect(plan).toMatchObject({clusters: [{growth: [{group: grows, from: 0, to: 2, pods: 5}]}]})
  })
})
