// A scale with a node group, on a cluster and an AWS that are played here: what grows, what is waited for, what is given back,
// wherever the process ends. The AWS is held against the lab's in test/lib/drivers/aws/contract.ts.
import {beforeEach, describe, expect, test} from '@jest/globals'

import type {JournalRecord} from '../../../src/lib/operation/journal.ts'
import type {StepContext} from '../../../src/lib/operation/types.ts'
import type {ServiceCluster} from '../../../src/lib/workload/open-service.ts'
import {awaitNodes} from '../../../src/lib/workload/operate/await-nodes.ts'
import {growGroup, lowerGroup, regrowGroup} from '../../../src/lib/workload/operate/grow.ts'
import {lookAt} from '../../../src/lib/workload/operate/look.ts'
import {remembered} from '../../../src/lib/workload/operate/memory.ts'
import {planBack, planForward} from '../../../src/lib/workload/operate/plan.ts'
import {returnNode, uncordon} from '../../../src/lib/workload/operate/return-node.ts'
import type {ScaleIntent, ScaleStep} from '../../../src/lib/workload/operate/types.ts'
import {unavailableError} from '../../../src/lib/errors.ts'
import {FakeAws} from '../../fakes/aws.ts'
import {FakeCluster} from '../../fakes/fake-cluster.ts'

let api: FakeCluster
let aws: FakeAws
let cluster: ServiceCluster
let records: JournalRecord[]

const context = (changes: Partial<StepContext> = {}): StepContext => ({
  operation: 'A',
  token: () => 1,
  leaseLeftSeconds: () => 60,
  isInterrupted: () => false,
  records: [],
  detail: () => undefined,
  ...changes,
})

beforeEach(async () => {
  api = new FakeCluster()
  aws = new FakeAws([
    {
      name: 'render',
      scalingGroup: 'eks-render',
      min: 1,
      desired: 1,
      max: 4,
      instanceTypes: ['c7i.xlarge'],
      isSpot: false,
      zones: ['a'],
      subnets: ['subnet-a'],
      instances: [],
    },
  ])
  const nodeGroup = {name: 'render', max: 4, labels: {pool: 'render'}, zones: [], instanceType: undefined}
  cluster = {
    api,
    aws,
    declared: {
      name: 'aws', site: 'aws', namespace: 'pixelpulse', kubeconfig: undefined, context: undefined,
      aws: {name: 'aws', cluster: 'c', region: undefined, endpoint: undefined, credentials: undefined},
      nodeGroups: [{...nodeGroup, node: undefined}],
    }, // prettier-ignore
  }
  records = []
  api.put('/apis/apps/v1/namespaces/pixelpulse/deployments/render', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name: 'render'},
    spec: {replicas: 1},
    status: {readyReplicas: 1},
  })
  await join()
})

/** Every instance that there is becomes a node; one that is gone is none any more. */
async function join(): Promise<void> {
  await aws.listNodeGroups()
  const [group] = await aws.listNodeGroups()
  const serving = (group?.instances ?? []).filter(({state}) => state !== 'going')
  for (const {id} of serving) if (!api.objects.has(`/api/v1/nodes/n-${id}`)) putNode(id)
  for (const path of api.objects.keys())
    if (path.startsWith('/api/v1/nodes/') && !serving.some(({id}) => path.endsWith(id))) api.remove(path)
}

const putNode = (id: string) =>
  api.put(`/api/v1/nodes/n-${id}`, {
    metadata: {name: `n-${id}`, labels: {pool: 'render'}},
    spec: {providerID: `aws:///a/${id}`},
    status: {conditions: [{type: 'Ready', status: 'True'}]},
  })

const putPod = (name: string, node: string, owner = 'ReplicaSet') =>
  api.put(`/api/v1/pods/${name}`, {
    metadata: {
      name,
      namespace: 'pixelpulse',
      ownerReferences: owner === '' ? [] : [{kind: owner, controller: true}],
    },
    spec: {nodeName: node},
    status: {phase: 'Running'},
  })

const intent = (changes: Partial<ScaleIntent['clusters'][number]> = {}): ScaleIntent => ({
  service: 'render',
  site: 'aws',
  waitSeconds: 30,
  undoOnTimeout: false,
  undo: undefined,
  clusters: [
    {
      cluster: 'aws',
      site: 'aws',
      namespace: 'pixelpulse',
      deployment: 'render',
      owner: 'keda',
      now: 1,
      wanted: 6,
      isAwaited: true,
      fields: [],
      growth: [],
      returns: [],
      recedes: [],
      ...changes,
    },
  ],
})
const up = (by = 1) => intent({growth: [{group: 'render', by, added: by, present: nodeNames()}]})
const nodeNames = () =>
  [...api.objects.keys()]
    .filter((path) => path.startsWith('/api/v1/nodes/'))
    .map((path) => path.split('/').at(-1) ?? '')

function note(type: string, data: unknown): void {
  records.push({
    n: records.length,
    at: '',
    type,
    token: 1,
    data: JSON.parse(JSON.stringify(data)) as unknown,
    previous: '',
  })
}

async function perform(step: ScaleStep): Promise<unknown> {
  switch (step.kind) {
    case 'grow':
      return growGroup(cluster, step)
    case 'regrow':
      return regrowGroup(cluster, step)
    case 'lower':
      return lowerGroup(cluster, step)
    case 'uncordon':
      return uncordon(cluster, step.node)
    case 'return':
      return returnNode(cluster, step, context(), 30)
    case 'join':
      await join()
      return {groups: [await awaitNodes(cluster, step.groups[0]!, {seconds: 30, context: context()})]}
    default:
      return {}
  }
}

/** As the engine does it. @param dieIn a step that is done and whose end is not written any more. */
async function go(
  direction: 'forward' | 'back',
  of: ScaleIntent,
  dieIn?: string,
): Promise<readonly string[]> {
  const plan = (direction === 'forward' ? planForward : planBack)(
    await lookAt(of, [cluster]),
    of,
    remembered(records),
  )
  if (plan.kind === 'refused') throw new Error(plan.reason)
  const done: string[] = []
  for (const step of plan.steps) {
    note('step-intent', step)
    const proof = await perform(step)
    done.push(step.kind)
    if (step.kind === dieIn) return done
    note('step-done', {kind: step.kind, proof})
  }
  await join()
  return done
}

const sizes = async () => {
  const [group] = await aws.listNodeGroups()
  return [group?.desired, group?.instances.filter(({state}) => state !== 'going').length]
}

describe('an autoscaler that has to go down first', () => {
  const down = () => intent({now: 6, wanted: 1, isAwaited: false, recedes: ['render']})
  const receded = (free: readonly {group: string; node: string; instance: string}[], isThere = true) => {
    note('step-intent', {kind: 'recede', clusters: [{cluster: 'aws', wanted: 1}]})
    note('step-done', {
      kind: 'recede',
      proof: {clusters: [{cluster: 'aws', pods: isThere ? 1 : 4, isThere, free}]},
    })
  }

  test('is waited for once; what is free then is given back, and comes again when it is undone', async () => {
    await go('forward', up())
    const node = nodeNames().at(-1) ?? ''
    const instance = node.slice('n-'.length)
    records.length = 0
    const first = planForward(await lookAt(down(), [cluster]), down(), remembered(records))
    expect(first).toEqual({
      kind: 'steps',
      isPartial: true,
      steps: [{kind: 'recede', clusters: [{cluster: 'aws', wanted: 1}]}],
    })
    receded([{group: 'render', node, instance}])
    expect(await go('forward', down())).toEqual(['return'])
    expect(await sizes()).toEqual([1, 1])
    expect(await go('forward', down())).toEqual([])
    expect(await go('back', down())).toEqual(['regrow'])
    expect(await sizes()).toEqual([2, 2])
  })

  test('that stays above its bound leaves the nodes as they are', async () => {
    receded([], false)
    expect(await go('forward', down())).toEqual([])
    expect(await sizes()).toEqual([1, 1])
  })
})

describe('a group that grows', () => {
  test('comes before the Pods; aborted, exactly the new node goes', async () => {
    const [first] = nodeNames()
    expect(await go('forward', up())).toEqual(['grow', 'join', 'ready'])
    expect(await sizes()).toEqual([2, 2])
    expect(await go('back', up())).toEqual(['return'])
    expect(await sizes()).toEqual([1, 1])
    expect(nodeNames()).toEqual([first])
    expect(await go('back', up())).toEqual([])
  })

  test('is not made larger twice, wherever the process ends', async () => {
    const asked = up()
    await go('forward', asked, 'grow')
    expect(await go('forward', asked)).toEqual(['join', 'ready'])
    expect(await go('forward', asked)).toEqual(['ready'])
    expect(await sizes()).toEqual([2, 2])
  })

  test('that had no effect before the process ended is not taken back', async () => {
    const asked = up()
    note('step-intent', {kind: 'grow', cluster: 'aws', group: 'render', was: 1, to: 2, known: []})
    expect(await go('back', asked)).toEqual([])
    expect(await sizes()).toEqual([1, 1])
  })

  test('keeps what somebody else has added meanwhile', async () => {
    const asked = up()
    await go('forward', asked)
    await aws.grow('render', 3)
    await join()
    expect(await go('back', asked)).toEqual(['return'])
    expect(await sizes()).toEqual([2, 2])
  })

  test('and that somebody else has made smaller again is left so', async () => {
    const asked = up()
    await go('forward', asked)
    const added = nodeNames().at(-1)?.slice(2) ?? ''
    await aws.terminate(added)
    await join()
    expect(await go('forward', asked)).toEqual(['ready'])
    expect(await go('back', asked)).toEqual([])
    expect(await sizes()).toEqual([1, 1])
  })

  test('whose size somebody else has changed since the plan is planned anew', async () => {
    const state = await lookAt(up(), [cluster])
    const plan = planForward(state, up(), remembered([]))
    await aws.grow('render', 2)
    const [step] = plan.kind === 'steps' ? plan.steps : []
    await expect(perform(step!)).rejects.toMatchObject({code: 'CHANGED_MEANWHILE'})
    expect(await sizes()).toEqual([2, 2])
  })

  test('for which AWS has nothing gives up what has not come', async () => {
    const asked = up(2)
    aws.exhaust('render', ['a'])
    await go('forward', asked, 'grow')
    expect(await sizes()).toEqual([3, 1])
    expect(await go('back', asked)).toEqual(['lower'])
    expect(await sizes()).toEqual([1, 1])
  })

  test('of which one has come and one has not gives up the one and gives back the other', async () => {
    const asked = up(2)
    await go('forward', asked, 'grow')
    await aws.listNodeGroups()
    aws.exhaust('render', ['a'])
    const [, second, third] = (await aws.listNodeGroups())[0]?.instances ?? []
    aws.lose(third?.id ?? '')
    await join()
    expect(await sizes()).toEqual([3, 2])
    expect(await go('back', asked)).toEqual(['lower', 'return'])
    expect(await sizes()).toEqual([1, 1])
    expect(nodeNames()).not.toContain(`n-${second?.id}`)
  })

  test('says what AWS said where it refuses, and waits no longer for it', async () => {
    aws.exhaust('render', ['a'])
    await aws.grow('render', 2)
    await aws.listNodeGroups()
    const joined = await awaitNodes(
      cluster,
      {cluster: 'aws', group: 'render', added: 1, present: nodeNames()},
      {seconds: 3, context: context()},
    )
    expect(joined).toMatchObject({
      isThere: false,
      because: expect.stringContaining('InsufficientInstanceCapacity'),
      next: 'aws autoscaling describe-scaling-activities --auto-scaling-group-name eks-render',
    })
  })
})

describe('a node that is given back', () => {
  let extra: string
  const down = () =>
    intent({wanted: 1, now: 6, returns: [{group: 'render', node: `n-${extra}`, instance: extra}]})
  const node = () => api.object(`/api/v1/nodes/n-${extra}`) as {spec: {unschedulable?: boolean}}
  beforeEach(async () => {
    await aws.grow('render', 2)
    await join()
    extra = nodeNames().at(-1)?.slice(2) ?? ''
    api.beforeWrite = ({path}) => {
      const pod = /pods\/([^/]+)\/eviction$/.exec(path)?.[1]
      if (pod !== undefined) api.remove(`/api/v1/pods/${pod}`)
    }
  })

  test('is cordoned and emptied, then exactly its instance goes; what runs elsewhere stays', async () => {
    putPod('render-1', `n-${extra}`)
    putPod('logs', `n-${extra}`, 'DaemonSet')
    putPod('render-2', 'n-other')
    expect(await go('forward', down())).toEqual(['ready', 'return'])
    expect(await sizes()).toEqual([1, 1])
    expect(nodeNames()).not.toContain(`n-${extra}`)
    expect(api.objects.has('/api/v1/pods/render-1')).toBe(false)
    expect(api.objects.has('/api/v1/pods/render-2')).toBe(true)
    expect(api.objects.has('/api/v1/pods/logs')).toBe(true)
    expect(await go('forward', down())).toEqual(['ready'])
  })

  test('comes again, as another one, when that is aborted', async () => {
    await go('forward', down())
    expect(await go('back', down())).toEqual(['regrow'])
    expect(await sizes()).toEqual([2, 2])
    expect(await go('back', down())).toEqual([])
  })

  test('takes Pods again where the process ended before it was gone', async () => {
    const plan = planForward(await lookAt(down(), [cluster]), down(), remembered(records))
    note('step-intent', plan.kind === 'steps' && plan.steps.at(-1))
    api.put(`/api/v1/nodes/n-${extra}`, {...node(), spec: {...node().spec, unschedulable: true}})
    expect(await go('back', down())).toEqual(['uncordon'])
    expect(node().spec.unschedulable).toBeUndefined()
    expect(await sizes()).toEqual([2, 2])
  })

  test('stays, takes Pods again and says why, where a budget does not let its Pods go', async () => {
    putPod('render-1', `n-${extra}`)
    api.beforeWrite = ({path}) => {
      if (path.endsWith('/eviction'))
        throw unavailableError('CLUSTER_FAILED', {message: 'status 429: a budget', hint: 'kubectl'})
    }
    const [step] = await stepsOf(down(), 'return')
    const kept = await returnNode(cluster, step, context(), 2)
    expect(kept).toEqual({instance: extra, kept: expect.stringContaining('status 429: a budget')})
    expect(node().spec.unschedulable).toBeUndefined()
    expect(await sizes()).toEqual([2, 2])
  })

  test('stays where a Pod runs on it that nobody would make anew', async () => {
    putPod('by-hand', `n-${extra}`, '')
    const [step] = await stepsOf(down(), 'return')
    expect((await returnNode(cluster, step, context(), 5)).kept).toContain('pod/by-hand')
    expect(api.objects.has('/api/v1/pods/by-hand')).toBe(true)
  })

  test('stays where its group has become as small as it may be', async () => {
    await go('forward', down())
    const [left] = nodeNames()
    const last = intent({returns: [{group: 'render', node: left ?? '', instance: left?.slice(2) ?? ''}]})
    const [step] = await stepsOf(last, 'return')
    expect((await returnNode(cluster, step, context(), 5)).kept).toContain('must have 1 nodes')
    expect(await sizes()).toEqual([1, 1])
  })

  test('is not terminated by a process whose lock has run out', async () => {
    const [step] = await stepsOf(down(), 'return')
    const late = context({leaseLeftSeconds: () => 0})
    await expect(returnNode(cluster, step, late, 5)).rejects.toThrow('the lock has run out')
    expect(await sizes()).toEqual([2, 2])
  })

  test('takes Pods again when everything is to be put back', async () => {
    putPod('render-1', `n-${extra}`)
    const [step] = await stepsOf(down(), 'return')
    const told = context({isInterrupted: () => true})
    await expect(returnNode(cluster, step, told, 5)).rejects.toThrow('told to stop')
    expect(node().spec.unschedulable).toBeUndefined()
  })

  async function stepsOf(of: ScaleIntent, kind: 'return') {
    const plan = planForward(await lookAt(of, [cluster]), of, remembered(records))
    if (plan.kind === 'refused') throw new Error(plan.reason)
    return plan.steps.filter((step) => step.kind === kind) as [ScaleStep & {kind: 'return'}]
  }
})
