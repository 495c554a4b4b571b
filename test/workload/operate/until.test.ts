// A scale until a time, on a cluster that is played here: what the cluster ends by itself, and what it leaves alone.
import {beforeEach, describe, expect, test} from '@jest/globals'

import {giveBack, leftOf} from '../../../src/lib/workload/give-back/give-back.ts'
import {orderIn, orderVariable, type Order} from '../../../src/lib/workload/give-back/order.ts'
import {scheduleGiveBack, unscheduleGiveBack} from '../../../src/lib/workload/give-back/schedule.ts'
import type {ServiceCluster} from '../../../src/lib/workload/open-service.ts'
import {restoreFields, setFields} from '../../../src/lib/workload/operate/fields.ts'
import {lookAt} from '../../../src/lib/workload/operate/look.ts'
import {remembered} from '../../../src/lib/workload/operate/memory.ts'
import {planBack, planForward} from '../../../src/lib/workload/operate/plan.ts'
import type {FieldSet, ScaleIntent, ScaleStep} from '../../../src/lib/workload/operate/types.ts'
import {cronTrigger} from '../../../src/lib/workload/until.ts'
import {FakeCluster} from '../../fakes/fake-cluster.ts'

const inNamespace = 'namespaces/pixelpulse'
const deploymentPath = `/apis/apps/v1/${inNamespace}/deployments/render`
const scaledObjectPath = `/apis/keda.sh/v1alpha1/${inNamespace}/scaledobjects/render`
const cronJobPath = `/apis/batch/v1/${inNamespace}/cronjobs/pp-until-render`
const rolePath = `/apis/rbac.authorization.k8s.io/v1/${inNamespace}/roles/pp-until-render`
const stretch = {from: '2026-11-27T21:39Z', to: '2026-11-27T23:41Z'}
const queue = {type: 'metrics-api', metadata: {url: 'http://render/metrics'}}
let api: FakeCluster
let cluster: ServiceCluster

beforeEach(() => {
  api = new FakeCluster()
  cluster = {
    api,
    declared: {
      name: 'rack', site: 'rack', namespace: 'pixelpulse', aws: undefined,
      kubeconfig: undefined, context: undefined, image: 'pp:1', nodeGroups: [],
    }, // prettier-ignore
  }
  api.put(
    deploymentPath,
    {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: 'render'}, spec: {replicas: 2}},
    'kubectl',
  )
  api.put(
    scaledObjectPath,
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: {name: 'render'},
      spec: {maxReplicaCount: 8, triggers: [queue]},
    },
    'kubectl',
  )
})

const intentFor = (
  field: 'spec.replicas' | 'spec.triggers',
  to: number | string,
  earlier: readonly FieldSet[] = [],
): ScaleIntent => ({
  service: 'render',
  site: undefined,
  waitSeconds: 60,
  undoOnTimeout: false,
  undo: undefined,
  until: {...stretch, earlier},
  clusters: [
    {
      cluster: 'rack',
      site: 'rack',
      namespace: 'pixelpulse',
      deployment: 'render',
      owner: field === 'spec.replicas' ? 'deployment' : 'keda',
      now: 2,
      wanted: 5,
      isAwaited: false,
      fields: [{object: field === 'spec.replicas' ? 'deployment/render' : 'scaledobject/render', field, to}],
      growth: [],
      returns: [],
      recedes: [],
    },
  ],
})

const nothing = remembered([])
async function stepsOf(intent: ScaleIntent): Promise<readonly ScaleStep[]> {
  const plan = planForward(await lookAt(intent, [cluster]), intent, nothing)
  if (plan.kind === 'refused') throw new Error(plan.reason)
  return plan.steps
}

/** @returns what was set. */
async function setBy(operation: string, intent: ScaleIntent): Promise<readonly FieldSet[]> {
  const set: FieldSet[] = []
  for (const step of await stepsOf(intent)) {
    if (step.kind === 'schedule') await scheduleGiveBack(cluster, orderFor(operation, step.fields), step.at)
    if (step.kind !== 'set') continue
    await setFields(cluster, step.object, step.fields)
    set.push(...step.fields)
  }
  return set
}

const orderFor = (operation: string, fields: readonly FieldSet[]): Order => ({
  ...{operation, service: 'render', cluster: 'rack', site: 'rack', namespace: 'pixelpulse'},
  fields,
})
/** As the Pod gets it. */
function orderInPod(): Order {
  const {spec} = api.object(cronJobPath)
  const [{env}] = spec.jobTemplate.spec.template.spec.containers as [{env: {name: string; value: string}[]}]
  return orderIn(Object.fromEntries(env.map(({name, value}) => [name, value])))
}
const spec = (path: string) => api.object(path).spec as Record<string, unknown>
const ownersOf = (path: string, field: string) =>
  (api.object(path).metadata.managedFields as {manager: string; fieldsV1: Record<string, object>}[])
    .filter(({fieldsV1}) => `f:${field}` in (fieldsV1['f:spec'] ?? {}))
    .map(({manager}) => manager)

describe('what a Job gives back', () => {
  test('is asked for before anything is set, and may touch only that', async () => {
    const steps = await stepsOf(intentFor('spec.replicas', 5))
    expect(steps.map(({kind}) => kind)).toEqual(['schedule', 'set'])
    await setBy('OP1', intentFor('spec.replicas', 5))
    expect(spec(cronJobPath)).toMatchObject({schedule: '41 23 27 11 *', timeZone: 'Etc/UTC'})
    expect(api.object(rolePath).rules).toEqual([
      {apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['render'], verbs: ['get', 'patch']},
      {apiGroups: [''], resources: ['events'], verbs: ['create']},
      {
        apiGroups: ['batch'],
        resources: ['cronjobs'],
        resourceNames: ['pp-until-render'],
        verbs: ['get', 'patch', 'delete'],
      },
    ])
  })

  test('is back with its owner, and nothing is left of the order', async () => {
    await setBy('OP1', intentFor('spec.replicas', 5))
    expect(await giveBack(cluster, orderInPod())).toMatchObject({
      outcome: 'done',
      restored: ['deployment/render spec.replicas'],
    })
    expect(spec(deploymentPath).replicas).toBe(2)
    expect(ownersOf(deploymentPath, 'replicas')).toEqual(['kubectl'])
    expect(api.objects.has(cronJobPath)).toBe(false)
  })

  test('stays where somebody else has set it since, and is told at the object', async () => {
    await setBy('OP1', intentFor('spec.replicas', 5))
    api.put(deploymentPath, {...api.object(deploymentPath), spec: {replicas: 9}}, 'ana')
    const {outcome, findings} = await giveBack(cluster, orderInPod())
    expect(outcome).toBe('degraded')
    expect(findings.join()).toContain('is 9 and no more the 5 that pp set')
    expect(spec(deploymentPath).replicas).toBe(9)
    expect(spec(cronJobPath).suspend).toBe(true)
    expect((await leftOf(api, 'pixelpulse', 'render')).join()).toMatch(/is 9 and no more the 5.*--undo OP1/)
    const [event] = [...api.objects.values()].filter(({kind}) => kind === 'Event')
    expect(event).toMatchObject({reason: 'ScaleLeft', involvedObject: {kind: 'Deployment', name: 'render'}})
  })

  test('is told when what it was given to is gone', async () => {
    await setBy('OP1', intentFor('spec.replicas', 5))
    api.remove(deploymentPath)
    expect(await giveBack(cluster, orderInPod())).toMatchObject({outcome: 'degraded', restored: []})
  })

  test('is what there was before the first of several', async () => {
    const first = await setBy('OP1', intentFor('spec.replicas', 5))
    const stale = orderInPod()
    await setBy('OP2', intentFor('spec.replicas', 7, first))
    expect(spec(deploymentPath).replicas).toBe(7)
    expect(await giveBack(cluster, stale)).toMatchObject({outcome: 'superseded'})
    expect(spec(deploymentPath).replicas).toBe(7)
    await giveBack(cluster, orderInPod())
    expect(spec(deploymentPath).replicas).toBe(2)
    expect(ownersOf(deploymentPath, 'replicas')).toEqual(['kubectl'])
  })

  test('is not waited for any more when it is taken back', async () => {
    const intent = intentFor('spec.replicas', 5)
    const set = await setBy('OP1', intent)
    const memory = {
      ...nothing,
      set: set.map((one) => ({...one, isDone: true})),
      scheduled: [{cluster: 'rack', fields: set}],
    }
    const plan = planBack(await lookAt(intent, [cluster]), intent, memory)
    expect(plan.kind === 'steps' && plan.steps.map(({kind}) => kind)).toEqual(['restore', 'unschedule'])
    await unscheduleGiveBack(cluster, 'render', 'OP9')
    expect(api.objects.has(cronJobPath)).toBe(true)
    await unscheduleGiveBack(cluster, 'render', 'OP1')
    expect(api.objects.has(cronJobPath)).toBe(false)
  })

  test('needs an image, and nothing is set without', async () => {
    cluster = {api, declared: {...cluster.declared, image: undefined}}
    await expect(setBy('OP1', intentFor('spec.replicas', 5))).rejects.toMatchObject({
      code: 'UNTIL_NEEDS_IMAGE',
    })
    expect(spec(deploymentPath).replicas).toBe(2)
  })

  test('is told to the Pod whole', () => {
    const fields: FieldSet[] = [
      {cluster: 'rack', object: 'deployment/render', field: 'spec.replicas', was: 2, owners: [], to: 5},
    ]
    expect(orderIn({[orderVariable]: JSON.stringify(orderFor('OP1', fields))})).toMatchObject({fields})
  })
})

describe('what KEDA ends by itself', () => {
  const trigger = cronTrigger(5, stretch)

  test('needs no Job; its bounds and other triggers stay as they are', async () => {
    const intent = intentFor('spec.triggers', trigger)
    expect((await stepsOf(intent)).map(({kind}) => kind)).toEqual(['set'])
    await setBy('OP1', intent)
    expect(spec(scaledObjectPath)).toMatchObject({maxReplicaCount: 8, triggers: [queue, {name: 'pp-until'}]})
    expect(ownersOf(scaledObjectPath, 'triggers')).toEqual(['pp'])
  })

  test('is taken away again, also over an earlier one, and the triggers have their owner back', async () => {
    const first = await setBy('OP1', intentFor('spec.triggers', trigger))
    const second = await setBy('OP2', intentFor('spec.triggers', cronTrigger(7, stretch), first))
    expect(second).toMatchObject([{was: null, over: trigger}])
    await restoreFields(cluster, 'scaledobject/render', second)
    expect(spec(scaledObjectPath).triggers).toEqual([queue])
    expect(ownersOf(scaledObjectPath, 'triggers')).toEqual(['kubectl'])
  })

  test('leaves what others have changed among the triggers', async () => {
    const set = await setBy('OP1', intentFor('spec.triggers', trigger))
    const other = {type: 'cpu', metadata: {value: '70'}}
    const {triggers} = spec(scaledObjectPath) as {triggers: object[]}
    api.put(
      scaledObjectPath,
      {...api.object(scaledObjectPath), spec: {maxReplicaCount: 8, triggers: [...triggers, other]}},
      'ana',
    )
    await restoreFields(cluster, 'scaledobject/render', set)
    expect(spec(scaledObjectPath).triggers).toEqual([queue, other])
  })
})
