// What node groups have to do with a plan: how far they may grow and why no further, and which nodes are not needed any more.
import {describe, expect, test} from '@jest/globals'

import type {AwsRoom, ClusterFacts, GroupOfAws, NodeGroup} from '../../src/lib/workload/facts.ts'
import {joined} from '../../src/lib/workload/node-groups/join.ts'
import {costsOf} from '../../src/lib/workload/prices.ts'
import {planScale} from '../../src/lib/workload/plan.ts'
import type {ScalePlan, ScaleRequest} from '../../src/lib/workload/types.ts'
import {cluster, deployment, group, node, pods, template} from '../fakes/workload.ts'

const to = (count: number): ScaleRequest => ({
  kind: 'replicas',
  service: 'render',
  site: undefined,
  isProtected: false,
  target: {kind: 'absolute', replicas: count},
})

const room = (changes: Partial<Extract<AwsRoom, {kind: 'seen'}>> = {}): AwsRoom => ({
  kind: 'seen',
  quota: {vcpus: 100, used: 8},
  addresses: {'subnet-a': 50, 'subnet-b': 50},
  unknown: [],
  ...changes,
})

const ofAws = (changes: Partial<GroupOfAws> = {}): GroupOfAws => ({
  min: 1,
  desired: 1,
  max: 10,
  vcpus: 4,
  isSpot: false,
  subnets: ['subnet-a', 'subnet-b'],
  instances: [{id: 'i-1', node: 'n1'}],
  ...changes,
})

/** One node of a pool whose nodes take four Pods each, with four there. */
const full = (changes: Partial<ClusterFacts> = {}, pool: Partial<NodeGroup> = {}): ClusterFacts =>
  cluster('aws', {
    deployment: deployment(4),
    nodes: [node('n1', 4, {instance: 'i-1'})],
    pods: pods(4, 'n1'),
    groups: [group('render', 6, {nodes: ['n1'], maker: 'pp', aws: ofAws(), ...pool})],
    aws: room(),
    ...changes,
  })

const grown = (plan: ScalePlan) =>
  plan.kind === 'refused'
    ? `${plan.code} ${plan.reason}`
    : plan.clusters.flatMap(({growth}) =>
        growth.map(({group: name, from, to: size, added}) => `${name} ${from}→${size}, ${added} awaited`),
      )

describe('a node group', () => {
  test.each([
    {name: 'grows as far as it has to', facts: full(), wanted: 9, says: ['render 1→3, 2 awaited']},
    {
      name: 'is not made larger for a node that is on its way already',
      facts: full({}, {aws: ofAws({desired: 2})}),
      wanted: 8,
      says: ['render 2→2, 1 awaited'],
    },
    {
      name: 'counts the nodes that are on their way',
      facts: full({}, {aws: ofAws({desired: 2})}),
      wanted: 12,
      says: ['render 2→3, 2 awaited'],
    },
    {
      name: 'grows no further than EKS allows, whatever the fleet file says',
      facts: full({}, {aws: ofAws({max: 2})}),
      wanted: 12,
      says: 'CAPACITY_SHORT aws 8, short by 4: cpu (2 nodes), pool render max 2 in EKS; raise it where the group is declared (2 < 6)',
    },
    {
      name: 'grows no further than the quota of vCPUs',
      facts: full({aws: room({quota: {vcpus: 16, used: 8}})}),
      wanted: 20,
      says: 'CAPACITY_SHORT aws 12, short by 8: cpu (3 nodes), pool render: quota of 16 vCPUs, 8 taken, 4 a node; raise it: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value 32',
    },
    {
      name: 'grows no further than its subnets have addresses',
      facts: full({aws: room({addresses: {'subnet-a': 1, 'subnet-b': 0}})}),
      wanted: 12,
      says: 'CAPACITY_SHORT aws 8, short by 4: cpu (2 nodes), pool render: 1 free addresses in subnet-a, subnet-b; give the group another subnet where it is declared',
    },
    {
      name: 'is not bounded by what AWS does not say',
      facts: full({aws: room({quota: undefined, addresses: {}, unknown: ['the quota of vCPUs (no)']})}),
      wanted: 12,
      says: ['render 1→3, 2 awaited'],
    },
    {
      name: 'does not grow while AWS gives no answer, and the refusal has the numbers',
      facts: full({aws: {kind: 'silent', because: 'no answer'}}, {maker: undefined, aws: undefined}),
      wanted: 9,
      says: 'CAPACITY_SHORT aws 4, short by 5: cpu (1 node), pool render cannot grow, as AWS gives no answer; see why: no answer',
    },
    {
      name: 'that EKS does not know does not grow',
      facts: full({}, {maker: undefined, aws: undefined}),
      wanted: 5,
      says: 'CAPACITY_SHORT aws 4, short by 1: cpu (1 node), EKS has no node group render; name it in clusters.aws.nodeGroups as EKS does: aws eks list-nodegroups',
    },
  ])('$name', ({facts, wanted, says}) => expect(grown(planScale([facts], to(wanted)))).toEqual(says))

  test('takes of the quota what one before it has left', () => {
    const [first] = full().groups
    const facts = full({
      aws: room({quota: {vcpus: 20, used: 8}}),
      groups: [
        {...first!, max: 2},
        group('other', 6, {maker: 'pp', aws: ofAws({min: 0, desired: 0, instances: []})}),
      ],
    })
    expect(grown(planScale([facts], to(16)))).toEqual(['render 1→2, 1 awaited', 'other 0→2, 2 awaited'])
    expect(grown(planScale([facts], to(17)))).toContain('quota of 20 vCPUs')
  })

  test.each(['cluster-autoscaler', 'Karpenter'] as const)(
    'of %s is left to it, and that is said',
    (maker) => {
      const plan = planScale([full({}, {maker})], to(8))
      expect(plan.kind === 'plan' && plan.clusters[0]?.notes).toContainEqual(
        expect.stringContaining(`pool render is left to ${maker}`),
      )
    },
  )
})

test('the rack is filled first, then the room that AWS has, then a node group grows', () => {
  const rack = cluster('rack', {deployment: deployment(0), nodes: [node('r1', 3)]})
  const aws = full({deployment: deployment(2), pods: pods(2, 'n1')})
  const plan = planScale([rack, aws], to(8))
  expect(plan.kind === 'plan' && plan.clusters.map(({wanted}) => wanted)).toEqual([3, 5])
  expect(grown(plan)).toEqual(['render 1→2, 1 awaited'])
})

/** Two more nodes with Pods of the service. */
const spread = (changes: Partial<ClusterFacts> = {}, aws: Partial<GroupOfAws> = {}): ClusterFacts => {
  const own = (count: number, on: string) =>
    pods(count, on).map((pod) => ({...pod, name: `${on}-${pod.name}`}))
  const instances = ['1', '2', '3'].map((n) => ({id: `i-${n}`, node: `n${n}`}))
  return full(
    {
      deployment: deployment(8),
      nodes: ['1', '2', '3'].map((n) => node(`n${n}`, 4, {instance: `i-${n}`})),
      pods: [...own(4, 'n1'), ...own(3, 'n2'), ...own(1, 'n3')],
      ...changes,
    },
    {nodes: ['n1', 'n2', 'n3'], aws: ofAws({desired: 3, instances, ...aws})},
  )
}
const returned = (plan: ScalePlan) =>
  plan.kind === 'plan' && plan.clusters.flatMap(({returns}) => returns.map(({node: name}) => name))

describe('going down', () => {
  test.each([
    {name: 'gives back the nodes that come free', facts: spread(), wanted: 4, nodes: ['n3', 'n2']},
    {name: 'gives back one whose Pods fit elsewhere', facts: spread(), wanted: 7, nodes: ['n3']},
    {name: 'keeps the minimum of the group', facts: spread({}, {min: 2}), wanted: 1, nodes: ['n3']},
    {name: 'gives back nothing that is needed', facts: full(), wanted: 3, nodes: []},
    {
      name: 'gives back what is left over from before, when the same is asked for again',
      facts: spread(),
      wanted: 8,
      nodes: ['n3'],
    },
    {
      name: 'leaves a node alone that runs something of others',
      facts: spread({pods: [...spread().pods, ...pods(1, 'n3', {labels: {app: 'other'}, requests: {}})]}),
      wanted: 5,
      nodes: ['n2'],
    },
    {
      name: 'does not mind Pods of DaemonSets',
      facts: spread({
        pods: [
          ...spread().pods,
          ...pods(1, 'n3', {labels: {app: 'logs'}, requests: {}, controller: 'DaemonSet'}),
        ],
      }),
      wanted: 7,
      nodes: ['n3'],
    },
    {
      name: 'leaves a node alone that somebody has cordoned',
      facts: spread({
        nodes: spread().nodes.map((one) => (one.name === 'n3' ? {...one, isUnschedulable: true} : one)),
      }),
      wanted: 7,
      nodes: [],
    },
    {
      name: 'gives back nothing while an autoscaler decides when it goes down',
      facts: spread({owner: {kind: 'keda', name: 'render', min: 8, max: 9, isPaused: false}}),
      wanted: 2,
      nodes: [],
    },
    {
      name: 'leaves the nodes of a cluster-autoscaler to it',
      facts: {
        ...spread(),
        groups: spread().groups.map((one) => ({...one, maker: 'cluster-autoscaler' as const})),
      },
      wanted: 2,
      nodes: [],
    },
    {
      name: 'gives back no node of a group that the service may not run on',
      facts: spread({
        deployment: deployment(8, {template: template({shape: {nodeSelector: {pool: 'other'}}})}),
      }),
      wanted: 2,
      nodes: [],
    },
  ])('$name', ({facts, wanted, nodes}) => expect(returned(planScale([facts], to(wanted)))).toEqual(nodes))

  test('names the node that stays for what others run there, and only where it would have gone', () => {
    const others = pods(2, 'n3', {labels: {app: 'other'}})
    const noted = (min: number) => {
      const plan = planScale([spread({pods: [...spread().pods, ...others]}, {min})], to(4))
      return plan.kind === 'plan' ? plan.clusters.flatMap(({notes}) => notes) : plan
    }
    const [first, second] = others.map(({namespace, name}) => `${namespace}/${name}`)
    expect(first).not.toBe(second)
    expect(noted(1)).toEqual([`n3 stays for ${first ?? ''} and 1 more, which pp does not move`])
    expect(noted(3)).toEqual([])
  })

  test('starts with the dearest node', () => {
    const plan = planScale([spread()], to(7), (_, name) => (name === 'n2' ? 2 : 1))
    expect(returned(plan)).toEqual(['n2'])
  })

  test('gives back nothing where more is asked for in all', () => {
    const rack = cluster('rack', {nodes: [node('r1', 8)]})
    expect(returned(planScale([rack, spread()], to(9)))).toEqual([])
  })
})

describe('what AWS says', () => {
  const seen = {
    kind: 'seen' as const,
    quota: undefined,
    addresses: {},
    unknown: [],
    groups: [
      {
        name: 'render',
        scalingGroup: 'eks-render-1',
        min: 1,
        desired: 3,
        max: 5,
        instanceTypes: ['c7i.xlarge'],
        isSpot: false,
        zones: ['a'],
        subnets: [],
        isOfAutoscaler: false,
        vcpus: 4,
        instances: [
          {id: 'i-1', zone: 'a', type: 'c7i.xlarge', state: 'serving' as const},
          {id: 'i-2', zone: 'a', type: 'c7i.xlarge', state: 'coming' as const},
          {id: 'i-3', zone: 'a', type: 'c7i.xlarge', state: 'going' as const},
        ],
      },
    ],
  }
  const facts = full({}, {maker: undefined, aws: undefined})

  test('is put together with the nodes by their instances; what is going does not count', () => {
    const [one] = joined(facts, seen).groups
    expect(one).toMatchObject({
      maker: 'pp',
      instanceType: 'c7i.xlarge',
      aws: {
        desired: 3,
        instances: [
          {id: 'i-1', node: 'n1'},
          {id: 'i-2', node: undefined},
        ],
      },
    })
  })

  test('makes a group that a cluster-autoscaler has its own', () => {
    const groups = seen.groups.map((one) => ({...one, isOfAutoscaler: true}))
    expect(joined(facts, {...seen, groups}).groups[0]?.maker).toBe('cluster-autoscaler')
  })

  test.each([
    {isSpot: false, costs: 0.357},
    {isSpot: true, costs: 0.1462},
  ])('decides what nodes of a group without any will cost, isSpot $isSpot', ({isSpot, costs}) => {
    const empty = {...facts, nodes: [], groups: facts.groups.map((one) => ({...one, nodes: []}))}
    const groups = seen.groups.map((one) => ({...one, isSpot, instances: []}))
    const growth = [
      {
        group: 'render', from: 0, to: 2, added: 2, maker: 'pp' as const, present: [], max: 5, pods: 8, zones: [],
        instanceType: undefined,
      },
    ] // prettier-ignore
    const {before, after} = costsOf([{facts: joined(empty, {...seen, groups}), growth, returns: []}])
    expect(before).toEqual({known: 0, unknown: []})
    expect(after).toEqual({known: expect.closeTo(costs, 6), unknown: []})
  })
})
