// Scenario: generated clusters (nodes with zones, labels, taints, cordons; what runs there; a LimitRange) and a Deployment with
// generated rules; `pp scale` is asked how many Pods fit, then as many are made and the real scheduler places them.
// Proves that "fits" and "short by N" are what the scheduler does, read through the real API server.
// Incident behind it: a plan that promised twelve, of which the scheduler left three Pending for a spread that nobody had counted.
import {afterAll, beforeAll, describe, expect, jest, test} from '@jest/globals'
import fc from 'fast-check'
import {setTimeout as sleep} from 'node:timers/promises'

import {openCluster} from '../../src/lib/drivers/kubernetes/open-cluster.ts'
import type {ClusterAccess, ClusterReader} from '../../src/lib/drivers/kubernetes/types.ts'
import {ensurePrograms} from '../../src/lib/lab/cluster/build.ts'
import {programsPath} from '../../src/lib/lab/cluster/programs.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {nodeSchema} from '../../src/lib/workload/objects.ts'
import {observeCluster} from '../../src/lib/workload/observe.ts'
import {planScale} from '../../src/lib/workload/plan.ts'
import {ControlPlane} from '../in-lab/control-plane.ts'

const minutes = 60_000
jest.setTimeout(5 * minutes)
const runs = 160
const zone = 'topology.kubernetes.io/zone'
const host = 'kubernetes.io/hostname'

let plane: ControlPlane
let reader: ClusterReader

beforeAll(async () => {
  await ensurePrograms(createProgress())
  plane = await ControlPlane.start(`${programsPath()}/bin`)
  reader = await openCluster(plane.access)
}, 60 * minutes) // the programs may have to be built first

afterAll(async () => {
  reader.close()
  await plane.stop()
})

const sometimes = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({arbitrary: fc.constant(undefined), weight: 4}, {arbitrary: value, weight: 1})
const amounts = fc.record(
  {
    cpu: fc.constantFrom('250m', '500m', '1', '1500m'),
    memory: fc.constantFrom('100Mi', '256Mi', '1Gi'),
  },
  {requiredKeys: []},
)
const container = fc
  .record({
    name: fc.constant('main'),
    image: fc.constant('none'),
    resources: fc.record({requests: amounts, limits: fc.constant({})}),
    ports: sometimes(fc.constantFrom([{containerPort: 80, hostPort: 8080}], [])),
  })
  .map(({ports, ...rest}) => ({...rest, ...(ports ? {ports} : {})}))
const initContainer = fc.record({
  name: fc.constant('first'),
  image: fc.constant('none'),
  resources: fc.record({requests: amounts}),
  restartPolicy: sometimes(fc.constant('Always')),
})

const node = fc.record({
  cpu: fc.constantFrom('1', '2', '3500m', '4'),
  memory: fc.constantFrom('1Gi', '3Gi', '8Gi'),
  pods: fc.constantFrom('2', '4', '20'),
  labels: fc.record(
    {
      [zone]: fc.constantFrom('a', 'a', 'b', 'c'),
      disk: fc.constantFrom('ssd', 'hdd'),
      cores: fc.constantFrom('4', '8'),
    },
    {requiredKeys: [zone]},
  ),
  taint: sometimes(
    fc.record({
      key: fc.constant('dedicated'),
      value: fc.constantFrom('render', 'other'),
      effect: fc.constantFrom('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
    }),
  ),
  isCordoned: sometimes(fc.constant(true)),
})

const labelSelector = (app: string) => ({matchLabels: {app}})
const term = (apps: readonly string[]) =>
  fc.record({
    topologyKey: fc.constantFrom(zone, host),
    labelSelector: fc.constantFrom(...apps.map(labelSelector)),
    namespaceSelector: sometimes(fc.constantFrom({}, {matchLabels: {team: 'none'}})),
    matchLabelKeys: sometimes(fc.constant(['rev'])),
  })
const required = <T>(value: fc.Arbitrary<T>) =>
  fc
    .array(value, {minLength: 1, maxLength: 2})
    .map((terms) => ({requiredDuringSchedulingIgnoredDuringExecution: terms}))
const spread = fc.record(
  {
    topologyKey: fc.constantFrom(zone, host),
    maxSkew: fc.constantFrom(1, 2),
    whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'DoNotSchedule', 'ScheduleAnyway'),
    labelSelector: fc.constantFrom(
      labelSelector('render'),
      labelSelector('render'),
      labelSelector('other'),
      {},
    ),
    matchLabelKeys: fc.constant(['rev']),
    nodeAffinityPolicy: fc.constantFrom('Honor', 'Ignore'),
    nodeTaintsPolicy: fc.constantFrom('Honor', 'Ignore'),
  },
  {requiredKeys: ['topologyKey', 'maxSkew', 'whenUnsatisfiable']},
)
const spreads = fc
  .uniqueArray(spread, {minLength: 1, maxLength: 2, selector: ({topologyKey}) => topologyKey})
  .chain((list) =>
    fc.record({
      list: fc.constant(list),
      minDomains: sometimes(fc.constantFrom(2, 3)),
    }),
  )
  .map(({list, minDomains}) =>
    list.map(({matchLabelKeys, ...one}) => ({
      ...one,
      ...(matchLabelKeys && one.labelSelector ? {matchLabelKeys} : {}),
      ...(minDomains && one.whenUnsatisfiable === 'DoNotSchedule' ? {minDomains} : {}),
    })),
  )
const nodeTerm = fc.constantFrom(
  {matchExpressions: [{key: 'disk', operator: 'In', values: ['ssd']}]},
  {
    matchExpressions: [
      {key: 'disk', operator: 'NotIn', values: ['ssd']},
      {key: zone, operator: 'Exists'},
    ],
  },
  {matchExpressions: [{key: 'cores', operator: 'Gt', values: ['5']}]},
  {matchExpressions: [{key: 'cores', operator: 'DoesNotExist'}]},
)
const toleration = fc.constantFrom(
  {operator: 'Exists'},
  {key: 'dedicated', operator: 'Equal', value: 'render', effect: 'NoSchedule'},
  {key: 'dedicated', operator: 'Exists', effect: 'NoExecute'},
  {key: 'node.kubernetes.io/unschedulable', operator: 'Exists'},
)

const template = fc.record({
  container,
  initContainer: sometimes(initContainer),
  nodeSelector: sometimes(fc.constant({disk: 'ssd'})),
  nodeTerms: sometimes(fc.array(nodeTerm, {minLength: 1, maxLength: 2})),
  tolerations: fc.array(toleration, {maxLength: 1}),
  rule: fc.oneof(
    fc.constant({}),
    required(term(['render', 'other'])).map((podAntiAffinity) => ({podAntiAffinity})),
    required(term(['render', 'render', 'other'])).map((podAffinity) => ({podAffinity})),
    spreads.map((topologySpreadConstraints) => ({topologySpreadConstraints})),
    spreads.map((topologySpreadConstraints) => ({topologySpreadConstraints})),
  ),
})
type Template = typeof template extends fc.Arbitrary<infer T> ? T : never

function specOf({
  container: main,
  initContainer: first,
  nodeSelector,
  nodeTerms,
  tolerations,
  rule,
}: Template) {
  const {podAffinity, podAntiAffinity, topologySpreadConstraints} = rule as Record<string, object | undefined>
  return {
    containers: [main],
    ...(first ? {initContainers: [first]} : {}),
    ...(nodeSelector ? {nodeSelector} : {}),
    affinity: {
      ...(nodeTerms
        ? {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: nodeTerms}}}
        : {}),
      ...(podAffinity ? {podAffinity} : {}),
      ...(podAntiAffinity ? {podAntiAffinity} : {}),
    },
    tolerations,
    ...(topologySpreadConstraints ? {topologySpreadConstraints} : {}),
  }
}

const there = fc.record({
  on: fc.nat(),
  isOurs: fc.constantFrom(true, false, false),
  container,
  avoids: sometimes(term(['render'])),
})

const pool = fc.record({
  max: fc.constantFrom(1, 4),
  zones: fc.constantFrom(['a'], ['a', 'b'], ['b', 'c', 'a']),
  node: fc.record({
    cpu: fc.constantFrom('2', '4'),
    memory: fc.constant('8Gi'),
    pods: fc.constantFrom(2, 20),
    taints: fc.constant([]),
  }),
})

const world = fc.record({
  pool: fc.option(pool, {nil: undefined, freq: 3}),
  nodes: fc.array(node, {minLength: 1, maxLength: 6}),
  there: fc.array(there, {maxLength: 5}),
  template,
  limitRange: sometimes(
    fc.constantFrom(
      {type: 'Container', default: {cpu: '2'}, defaultRequest: {cpu: '700m', memory: '300Mi'}},
      {type: 'Container', default: {memory: '2Gi'}},
    ),
  ),
  more: fc.integer({min: 1, max: 8}),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

const labels = {app: 'render', rev: '1'}
let round = 0
let lasts = 0

/** Makes it all, and waits until the scheduler has seen it. @returns the namespace. */
async function make({nodes, there: pods, template: drawn, limitRange}: World): Promise<string> {
  const namespace = `round-${++round}`
  await plane.must('POST', '/api/v1/namespaces', {metadata: {name: namespace, labels: {team: 'a'}}})
  for (const [index, {cpu, memory, pods: most, labels: own, taint, isCordoned}] of nodes.entries())
    await makeNode({
      metadata: {name: `n${round}-${index}`, labels: {...own, [host]: `n${round}-${index}`}},
      spec: {unschedulable: isCordoned ?? false, taints: taint ? [taint] : []},
      status: {allocatable: {cpu, memory, pods: most}},
    })
  if (limitRange)
    await plane.must('POST', `/api/v1/namespaces/${namespace}/limitranges`, {
      metadata: {name: 'defaults'},
      spec: {limits: [limitRange]},
    })
  for (const [index, {on, isOurs, container: main, avoids}] of pods.entries())
    await plane.must('POST', `/api/v1/namespaces/${namespace}/pods`, {
      metadata: {name: `there-${index}`, labels: isOurs ? labels : {app: 'other', rev: '1'}},
      spec: {
        nodeName: `n${round}-${on % nodes.length}`,
        containers: [{...main, ports: []}],
        ...(avoids && !isOurs
          ? {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [avoids]}}}
          : {}),
      },
    })
  await plane.must('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, {
    metadata: {name: 'render'},
    spec: {
      replicas: pods.filter(({isOurs}) => isOurs).length,
      selector: {matchLabels: {app: 'render'}},
      template: {metadata: {labels}, spec: specOf(drawn)},
    },
  })
  await seen(namespace)
  return namespace
}

const makeNode = (object: {metadata: object; spec: object; status: object}) =>
  plane.must('POST', '/api/v1/nodes', {
    ...object,
    status: {...object.status, conditions: [{type: 'Ready', status: 'True'}]},
  })

/** The scheduler reads nodes and Pods in order, so it knows the earlier ones once it has placed a Pod on the last. */
async function seen(namespace: string): Promise<void> {
  const last = `last-${++lasts}`
  await makeNode({
    metadata: {name: last, labels: {last}},
    spec: {taints: [{key: 'last', effect: 'NoSchedule'}]},
    status: {allocatable: {cpu: '1', memory: '1Gi', pods: '1'}},
  })
  await plane.must('POST', `/api/v1/namespaces/${namespace}/pods`, {
    metadata: {name: last, labels: {app: last}},
    spec: {
      nodeSelector: {last},
      tolerations: [{key: 'last', operator: 'Exists'}],
      containers: [
        {
          name: 'main',
          image: 'none',
          resources: {requests: {cpu: '1m', memory: '1Mi'}, limits: {cpu: '1m', memory: '1Mi'}},
        },
      ],
    },
  })
  await settled(namespace, `app=${last}`)
}

interface PodObject {
  readonly spec: {readonly nodeName?: string}
  readonly status: {readonly conditions?: readonly {readonly type: string; readonly reason?: string}[]}
}

/** Waits until each Pod has a node or was told that there is none. @returns how many have one. */
async function settled(namespace: string, selector: string): Promise<number> {
  for (const deadline = Date.now() + minutes; ;) {
    const {items} = await plane.must('GET', `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`)
    const pods = items as readonly PodObject[]
    const placed = pods.filter(({spec}) => spec.nodeName !== undefined)
    const refused = pods.filter(
      ({spec, status}) => !spec.nodeName && status.conditions?.some(({reason}) => reason === 'Unschedulable'),
    )
    if (placed.length + refused.length === pods.length && pods.length > 0) return placed.length
    if (Date.now() > deadline)
      throw new Error(`${pods.length - placed.length - refused.length} Pods were not looked at`)
    await sleep(20)
  }
}

async function clear(namespace: string): Promise<void> {
  await plane.must('DELETE', `/api/v1/namespaces/${namespace}/pods`, {gracePeriodSeconds: 0})
  await plane.must('DELETE', '/api/v1/nodes')
  await plane.must('DELETE', `/apis/apps/v1/namespaces/${namespace}/deployments`)
}

/** How many more Pods than now get a node, at least and at most, by what `pp scale` says; the nodes that it wants are made. */
async function claimed(
  namespace: string,
  {more, pool}: World,
): Promise<{least: number; most: number; grown: number}> {
  const nodeGroups = pool ? [{name: 'pool', labels: {pool: 'pool'}, instanceType: undefined, ...pool}] : []
  const cluster = {
    name: 'rack',
    site: 'rack',
    namespace,
    nodeGroups,
    aws: undefined,
    kubeconfig: undefined,
    context: undefined,
  }
  const facts = await observeCluster(reader, cluster, 'render')
  const plan = planScale([facts], {
    kind: 'replicas',
    service: 'render',
    site: undefined,
    isProtected: false,
    target: {kind: 'relative', by: more},
  })
  if (plan.kind === 'plan') {
    const grown = plan.clusters[0]!.growth[0]?.to ?? 0
    await grow(namespace, pool, grown)
    return {least: more, most: more, grown}
  }
  expect(plan.code).toBe('CAPACITY_SHORT')
  const [, few = '', many = few] = /short by (\d+)(?: to (\d+))?/.exec(plan.reason) ?? []
  // What is short is short after the pool has grown.
  const grown = Number(/pool pool (?:max|helps up to) (\d+)/.exec(plan.reason)?.[1] ?? 0)
  await grow(namespace, pool, grown)
  return {least: more - Number(many), most: more - Number(few), grown}
}

async function grow(namespace: string, pool: World['pool'], size: number): Promise<void> {
  if (!pool || size === 0) return
  const {cpu, memory, pods} = pool.node
  for (let number = 0; number < size; number += 1) {
    const name = `pool${round}-${number}`
    await makeNode({
      metadata: {name, labels: {pool: 'pool', [host]: name, [zone]: pool.zones[number % pool.zones.length]}},
      spec: {},
      status: {allocatable: {cpu, memory, pods: String(pods)}},
    })
  }
  await seen(namespace)
}

/** What the scheduler does when the Pods are really made. */
async function placed(namespace: string, drawn: Template, more: number): Promise<number> {
  for (let index = 0; index < more; index += 1)
    await plane.must('POST', `/api/v1/namespaces/${namespace}/pods`, {
      metadata: {name: `new-${index}`, labels: {...labels, made: 'now'}},
      spec: specOf(drawn),
    })
  return settled(namespace, 'made=now')
}

test('as many Pods find a node as pp says', async () => {
  const outcomes = {all: 0, some: 0, none: 0, grown: 0, inexact: 0}
  await fc.assert(
    fc.asyncProperty(world, async (drawn) => {
      const namespace = await make(drawn)
      try {
        const {least, most, grown} = await claimed(namespace, drawn)
        const found = await placed(namespace, drawn.template, drawn.more)
        expect({found, isAsSaid: least <= found && found <= most, least, most}).toEqual({
          found,
          isAsSaid: true,
          least,
          most,
        })
        outcomes[found === drawn.more ? 'all' : found > 0 ? 'some' : 'none'] += 1
        if (least !== most) outcomes.inexact += 1
        if (grown > 0) outcomes.grown += 1
      } finally {
        await clear(namespace)
      }
    }),
    {numRuns: runs, endOnFailure: true},
  )
  // The claims are worth something: every kind of outcome comes up, and hardly one claim is a range.
  expect(Math.min(outcomes.all, outcomes.some, outcomes.none, outcomes.grown)).toBeGreaterThan(runs / 20)
  expect(outcomes.inexact).toBeLessThan(runs / 12)
})

describe('the way to the API server', () => {
  const readNodes = async (access: ClusterAccess) => {
    const other = await openCluster(access)
    return other.list('/api/v1/nodes', nodeSchema).finally(() => other.close())
  }

  test('is not taken with a certificate that nobody vouches for', async () => {
    await expect(readNodes(await plane.accessWith({isVerified: true}))).rejects.toMatchObject({
      code: 'CLUSTER_UNTRUSTED',
      exitCode: 4,
    })
  })

  test('with a wrong token ends in a refusal of the login', async () => {
    await expect(readNodes(await plane.accessWith({token: 'wrong'}))).rejects.toMatchObject({
      code: 'CLUSTER_LOGIN_REFUSED',
      exitCode: 4,
    })
  })
})
