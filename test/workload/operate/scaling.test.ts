// A scale on clusters that are played here: what is set, what is given back, and what is left alone, whoever else writes and
// wherever the process ends. The clusters' rules are held against a real API server in test/kill/cluster-contract.test.ts.
import {beforeEach, describe, expect, test} from '@jest/globals'

import {PlanAnew} from '../../../src/lib/operation/plan-anew.ts'
import type {JournalRecord} from '../../../src/lib/operation/journal.ts'
import type {ServiceCluster} from '../../../src/lib/workload/open-service.ts'
import {restoreFields, setFields, tellLeft} from '../../../src/lib/workload/operate/fields.ts'
import {lookAt} from '../../../src/lib/workload/operate/look.ts'
import {remembered} from '../../../src/lib/workload/operate/memory.ts'
import {planBack, planForward} from '../../../src/lib/workload/operate/plan.ts'
import type {ScaleIntent, ScaleStep} from '../../../src/lib/workload/operate/types.ts'
import {FakeCluster} from '../../fakes/fake-cluster.ts'

const deploymentPath = '/apis/apps/v1/namespaces/pixelpulse/deployments/render'
const scaledObjectPath = '/apis/keda.sh/v1alpha1/namespaces/pixelpulse/scaledobjects/render'
let api: FakeCluster
let cluster: ServiceCluster
let records: JournalRecord[]

beforeEach(() => {
  api = new FakeCluster()
  cluster = {
    api,
    declared: {
      name: 'rack', site: 'rack', namespace: 'pixelpulse', aws: undefined,
    kubeconfig: undefined, context: undefined, nodeGroups: [],
    }, // prettier-ignore
  }
  records = []
  api.put(
    deploymentPath,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {name: 'render'},
      spec: {replicas: 2, paused: false},
      status: {readyReplicas: 2},
    },
    'kubectl',
  )
  api.put(
    scaledObjectPath,
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: {name: 'render'},
      spec: {maxReplicaCount: 8, pollingInterval: 5},
    },
    'kubectl',
  )
})

const intentFor = (owner: 'deployment' | 'keda', wanted: number): ScaleIntent => ({
  service: 'render',
  site: undefined,
  waitSeconds: 60,
  undoOnTimeout: false,
  undo: undefined,
  clusters: [
    {
      cluster: 'rack',
      site: 'rack',
      namespace: 'pixelpulse',
      deployment: 'render',
      owner,
      now: 2,
      wanted,
      isAwaited: true,
      growth: [],
      returns: [],
      recedes: [],
      fields:
        owner === 'deployment'
          ? [{object: 'deployment/render', field: 'spec.replicas', to: wanted}]
          : [
              {object: 'scaledobject/render', field: 'spec.maxReplicaCount', to: Math.max(8, wanted)},
              {object: 'scaledobject/render', field: 'spec.minReplicaCount', to: wanted},
            ],
    },
  ],
})

function note(type: string, data: unknown): void {
  records.push({
    n: records.length,
    at: '',
    type,
    token: 1,
    data: JSON.parse(JSON.stringify(data)),
    previous: '',
  })
}

async function perform(step: ScaleStep): Promise<void> {
  if (step.kind === 'set') await setFields(cluster, step.object, step.fields)
  if (step.kind === 'restore') await restoreFields(cluster, step.object, step.fields)
  if (step.kind === 'leave') await tellLeft(cluster, step.object, 'left')
}

/** Plans and does all of it; @returns the kinds of steps. @param dieAfter an act whose result is not written any more. */
async function go(
  direction: 'forward' | 'back',
  intent: ScaleIntent,
  dieAfter?: string,
): Promise<readonly string[]> {
  const state = await lookAt(intent, [cluster])
  const plan = (direction === 'forward' ? planForward : planBack)(state, intent, remembered(records))
  if (plan.kind === 'refused') throw new Error(plan.reason)
  const done: string[] = []
  for (const step of plan.steps) {
    note('step-intent', step)
    await perform(step)
    done.push(step.kind)
    if (step.kind === dieAfter) return done
    const object = 'object' in step ? {cluster: step.cluster, object: step.object} : {}
    note('step-done', {kind: step.kind, proof: object})
  }
  return done
}

const spec = (path: string) => (api.object(path) as {spec: Record<string, unknown>}).spec
const ownerOf = (path: string, field: string) =>
  (api.object(path).metadata.managedFields as {manager: string; fieldsV1: Record<string, object>}[])
    .filter(({fieldsV1}) => `f:${field}` in (fieldsV1['f:spec'] ?? {}))
    .map(({manager}) => manager)

describe('a scale', () => {
  test('sets what it says and owns it; taken back, its owner has it again, and nothing else has changed', async () => {
    const intent = intentFor('deployment', 5)
    expect(await go('forward', intent)).toEqual(['set', 'ready'])
    expect(spec(deploymentPath)).toEqual({replicas: 5, paused: false})
    expect(ownerOf(deploymentPath, 'replicas')).toEqual(['pp'])
    expect(await go('back', intent)).toEqual(['restore'])
    expect(spec(deploymentPath)).toEqual({replicas: 2, paused: false})
    expect(ownerOf(deploymentPath, 'replicas')).toEqual(['kubectl'])
    expect(await go('back', intent)).toEqual([])
  })

  test('takes a bound away again that was not there before', async () => {
    const intent = intentFor('keda', 12)
    await go('forward', intent)
    expect(spec(scaledObjectPath)).toEqual({maxReplicaCount: 12, minReplicaCount: 12, pollingInterval: 5})
    await go('back', intent)
    expect(spec(scaledObjectPath)).toEqual({maxReplicaCount: 8, pollingInterval: 5})
    expect(ownerOf(scaledObjectPath, 'maxReplicaCount')).toEqual(['kubectl'])
  })

  test('gives back each field only where it still holds what was set; the rest is told once', async () => {
    const intent = intentFor('keda', 12)
    await go('forward', intent)
    api.put(
      scaledObjectPath,
      {...api.object(scaledObjectPath), spec: {...spec(scaledObjectPath), maxReplicaCount: 30}},
      'ana',
    )
    expect(await go('back', intent)).toEqual(['restore', 'leave'])
    expect(spec(scaledObjectPath)).toEqual({maxReplicaCount: 30, pollingInterval: 5})
    expect(ownerOf(scaledObjectPath, 'maxReplicaCount')).toEqual(['ana'])
    expect(await go('back', intent)).toEqual([])
    expect([...api.objects.values()].filter(({kind}) => kind === 'Event')).toHaveLength(1)
  })

  test('that follows another one keeps what that one set in force', async () => {
    await go('forward', intentFor('keda', 12))
    records = []
    const [one] = intentFor('keda', 14).clusters
    const again = {...intentFor('keda', 14), clusters: one ? [{...one, fields: one.fields.slice(1)}] : []}
    await go('forward', again)
    expect(spec(scaledObjectPath)).toEqual({maxReplicaCount: 12, minReplicaCount: 14, pollingInterval: 5})
    await go('back', again)
    expect(spec(scaledObjectPath)).toEqual({maxReplicaCount: 12, minReplicaCount: 12, pollingInterval: 5})
    expect(ownerOf(scaledObjectPath, 'minReplicaCount')).toEqual(['pp'])
  })

  test('chooses which Pods go before there are fewer', async () => {
    const state = await lookAt(intentFor('deployment', 1), [cluster])
    const plan = planForward(state, intentFor('deployment', 1), remembered([]))
    expect(plan.kind === 'steps' && plan.steps.map(({kind}) => kind)).toEqual(['choose', 'set', 'ready'])
  })
})

describe('a process that ends right after an act', () => {
  test.each(['forward', 'back'] as const)('leaves what the next one ends, %s', async (direction) => {
    const intent = intentFor('deployment', 5)
    await go('forward', intent, 'set')
    await go(direction, intent)
    expect(spec(deploymentPath).replicas).toBe(direction === 'forward' ? 5 : 2)
    expect(ownerOf(deploymentPath, 'replicas')).toEqual([direction === 'forward' ? 'pp' : 'kubectl'])
  })

  test('between the value and its owner leaves a field that is given back to its end', async () => {
    const intent = intentFor('deployment', 5)
    await go('forward', intent)
    let writes = 0
    api.beforeWrite = () => {
      if (++writes === 2) throw new Error('killed')
    }
    await expect(go('back', intent)).rejects.toThrow('killed')
    api.beforeWrite = () => undefined
    expect(spec(deploymentPath).replicas).toBe(2)
    expect(await go('back', intent)).toEqual(['restore'])
    expect(ownerOf(deploymentPath, 'replicas')).toEqual(['kubectl'])
  })

  test('before an act takes nothing back that it did not set', async () => {
    const intent = intentFor('deployment', 5)
    note('step-intent', {
      kind: 'set', cluster: 'rack', object: 'deployment/render',
      fields: [{cluster: 'rack', object: 'deployment/render', field: 'spec.replicas', was: 2, owners: [], to: 5}],
    }) // prettier-ignore
    api.put(deploymentPath, {...api.object(deploymentPath), spec: {replicas: 9, paused: false}}, 'ana')
    expect(await go('back', intent)).toEqual([])
    expect(spec(deploymentPath).replicas).toBe(9)
  })
})

describe('another writer', () => {
  test('of the same field is seen by the version, and what was planned is planned anew', async () => {
    const intent = intentFor('deployment', 5)
    let isFirst = true
    api.beforeWrite = () => {
      if (isFirst)
        api.put(deploymentPath, {...api.object(deploymentPath), spec: {replicas: 3, paused: false}}, 'ana')
      isFirst = false
    }
    await expect(go('forward', intent)).rejects.toThrow(PlanAnew)
    expect(spec(deploymentPath).replicas).toBe(3)
    await go('forward', intent)
    await go('back', intent)
    expect(spec(deploymentPath).replicas).toBe(3)
    expect(ownerOf(deploymentPath, 'replicas')).toEqual(['ana'])
  })

  test('of another field costs nothing but another try', async () => {
    let left = 3
    api.beforeWrite = () => {
      if (left-- > 0)
        api.put(deploymentPath, {...api.object(deploymentPath), status: {readyReplicas: left}}, 'controller')
    }
    expect(await go('forward', intentFor('deployment', 5))).toEqual(['set', 'ready'])
    expect(spec(deploymentPath).replicas).toBe(5)
  })

  test('who sets another number after pp is not overruled when it is resumed', async () => {
    const intent = intentFor('deployment', 5)
    await go('forward', intent)
    api.put(deploymentPath, {...api.object(deploymentPath), spec: {replicas: 9, paused: false}}, 'ana')
    expect(await go('forward', intent)).toEqual(['ready'])
    expect(spec(deploymentPath).replicas).toBe(9)
  })
})
