import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import type {ClusterFacts, LimitRange, Quota} from '../../src/lib/workload/facts.ts'
import {apportioned, planScale} from '../../src/lib/workload/plan.ts'
import type {ScalePlan, ScaleRequest} from '../../src/lib/workload/types.ts'
import {
  app,
  cluster,
  container,
  deployment,
  group,
  node,
  pod,
  pods,
  spread,
  template,
} from '../fakes/workload.ts'

const replicas = (wanted: number, isProtected = false): ScaleRequest => ({
  kind: 'replicas',
  service: 'render',
  site: undefined,
  isProtected,
  target: {kind: 'absolute', replicas: wanted},
})
const by = (change: number): ScaleRequest => ({
  ...replicas(0),
  kind: 'replicas',
  target: {kind: 'relative', by: change},
})
const bounds = (min?: number, max?: number): ScaleRequest => ({
  kind: 'bounds',
  service: 'render',
  site: undefined,
  isProtected: false,
  min,
  max,
})

/** The plan in short lines: the change of each cluster, what is set, where Pods go, what grows, what is said. */
function show(plan: ScalePlan): readonly string[] {
  if (plan.kind === 'refused') return [`${plan.code} ${plan.reason}`, plan.hint]
  return [
    ...plan.clusters.flatMap(({cluster: name, now, wanted, changes, placements, growth, notes}) => [
      `${name} ${now} → ${wanted}`,
      ...changes.map(({object, field, from, to}) => `  ${object} ${field} ${from} → ${to}`),
      ...placements.map(({node: on, pods: count}) => `  ${count} on ${on}`),
      ...growth.map(({group: pool, from, to, pods: count}) => `  ${pool} ${from} → ${to} nodes for ${count}`),
      ...notes.map((note) => `  ! ${note}`),
    ]),
    ...(plan.severe === undefined ? [] : [`severe: ${plan.severe}`]),
  ]
}

const rack = (count: number, changes: Partial<ClusterFacts> = {}) =>
  cluster('rack', {
    nodes: [node('node1', 4), node('node2', 4)],
    deployment: deployment(count),
    pods: [...pods(Math.min(count, 4), 'node1'), ...pods(Math.max(0, count - 4), 'node2')],
    ...changes,
  })
const aws = (max: number, changes: Partial<ClusterFacts> = {}) =>
  cluster('aws', {groups: [group('render', max)], ...changes})
const keda = (min: number, max: number, isPaused = false) =>
  ({kind: 'keda', name: 'render', min, max, isPaused}) as const
const hpa = (min: number, max: number) => ({kind: 'hpa', name: 'render', min, max}) as const
const budget = (minAvailable: number) => ({name: 'render', selector: app, minAvailable})
const shareOf = (share: string) => ({name: 'share', selector: app, minAvailable: undefined, share})
const quota = (hard: Quota['hard'], used: Quota['used'] = {}, scopes: Quota['scopes'] = []) => ({
  name: 'compute',
  hard,
  used,
  scopes,
})
const limitRange = (changes: Partial<LimitRange>): LimitRange => ({
  name: 'limits', type: 'Container', defaultLimits: {}, defaultRequests: {}, min: {}, max: {}, ratio: {}, ...changes,
}) // prettier-ignore

interface Row {
  readonly name: string
  readonly clusters: readonly ClusterFacts[]
  readonly request: ScaleRequest
  readonly says: readonly string[]
}

const up: readonly Row[] = [
  {
    name: 'new Pods go to the nodes that have room',
    clusters: [rack(5)],
    request: by(2),
    says: ['rack 5 → 7', '  deployment/render spec.replicas 5 → 7', '  2 on node2'],
  },
  {
    name: 'the rack is filled first, then the pool on AWS grows',
    clusters: [rack(7), aws(4)],
    request: replicas(14),
    says: [
      'rack 7 → 8',
      '  deployment/render spec.replicas 7 → 8',
      '  1 on node2',
      'aws 0 → 6',
      '  deployment/render spec.replicas 0 → 6',
      '  render 0 → 2 nodes for 6',
    ],
  },
  {
    name: 'nodes that are there come before nodes that are not, whatever the cluster',
    clusters: [rack(8, {groups: [group('more', 5)]}), aws(5, {nodes: [node('a', 2)]})],
    request: replicas(11),
    says: [
      'rack 8 → 9',
      '  deployment/render spec.replicas 8 → 9',
      '  more 0 → 1 nodes for 1',
      'aws 0 → 2',
      '  deployment/render spec.replicas 0 → 2',
      '  2 on a',
    ],
  },
  {
    name: 'what no cluster can take is refused with numbers',
    clusters: [rack(7), aws(1)],
    request: replicas(13),
    says: [
      'CAPACITY_SHORT rack 8 + aws 4, short by 1: rack cpu (2 nodes); aws cpu (1 node), pool render max 1; raise with clusters.aws.nodeGroups.render.max in the fleet file',
      'pp scale render 12 --plan',
    ],
  },
  {
    name: 'Pods that wait already are placed too, and are not counted twice',
    clusters: [rack(6, {pods: [...pods(4, 'node1'), ...pods(2, undefined)]})],
    request: replicas(7),
    says: ['rack 6 → 7', '  deployment/render spec.replicas 6 → 7', '  3 on node2'],
  },
  {
    name: 'what waits for room where there is none goes to the cluster that has some',
    clusters: [rack(9, {pods: [...pods(4, 'node1'), ...pods(4, 'node2'), ...pods(1, undefined)]}), aws(1)],
    request: replicas(10),
    says: [
      'rack 9 → 8',
      '  deployment/render spec.replicas 9 → 8',
      'aws 0 → 2',
      '  deployment/render spec.replicas 0 → 2',
      '  render 0 → 1 nodes for 2',
    ],
  },
  {
    name: 'new nodes are in each zone in turn where Pods are spread over them',
    clusters: [
      aws(6, {
        groups: [group('render', 6, {zones: ['a', 'b', 'c']})],
        deployment: deployment(0, {
          template: template({shape: {spread: [spread('topology.kubernetes.io/zone', {minDomains: 3})]}}),
        }),
      }),
    ],
    request: replicas(6),
    says: ['aws 0 → 6', '  deployment/render spec.replicas 0 → 6', '  render 0 → 3 nodes for 6'],
  },
  {
    name: 'what DaemonSets take of a new node is no room',
    clusters: [
      aws(3, {
        groups: [
          group('render', 3, {
            model: {
              labels: {},
              taints: [],
              allocatable: {cpu: 4000, pods: 9},
              daemons: [pod(undefined, {requests: {cpu: 1500}})],
            },
          }),
        ],
      }),
    ],
    request: replicas(4),
    says: ['aws 0 → 4', '  deployment/render spec.replicas 0 → 4', '  render 0 → 2 nodes for 4'],
  },
  {
    name: 'a pool whose nodes are tainted for others does not grow in vain',
    clusters: [
      rack(8, {
        groups: [
          group('gpu', 9, {
            model: {
              labels: {},
              taints: [{key: 'gpu', value: '', effect: 'NoSchedule'}],
              allocatable: {cpu: 9000, pods: 9},
              daemons: [],
            },
          }),
        ],
      }),
    ],
    request: replicas(9),
    says: [
      'CAPACITY_SHORT rack 8, short by 1: cpu (2 nodes), pool gpu would not help',
      'pp scale render 8 --plan',
    ],
  },
  {
    name: 'Pods that could be evicted for it are not counted on, and are named',
    clusters: [rack(5, {deployment: deployment(5, {template: template({shape: {priority: 10}})})})],
    request: by(1),
    says: [
      'rack 5 → 6',
      '  deployment/render spec.replicas 5 → 6',
      '  1 on node2',
      '  ! the scheduler may evict 5 Pods of lower priority; not counted on',
    ],
  },
  {
    name: 'what decides too and is not looked at is said',
    clusters: [
      rack(5, {
        deployment: deployment(5, {
          isRollingOut: true,
          template: template({unseen: ['where its volumes can be attached']}),
        }),
      }),
    ],
    request: by(1),
    says: [
      'rack 5 → 6',
      '  deployment/render spec.replicas 5 → 6',
      '  1 on node2',
      '  ! a rollout is going on, and what it adds for a while takes room too',
      '  ! not looked at: where its volumes can be attached',
    ],
  },
]

const limits: readonly Row[] = [
  {
    name: 'a quota that lets fewer in is refused, with what decides',
    clusters: [rack(5, {quotas: [quota({pods: 50}), quota({'requests.cpu': 7000}, {'requests.cpu': 5500})]})],
    request: by(3),
    says: [
      'QUOTA_EXCEEDED rack 6, short by 2: ResourceQuota compute: requests.cpu has 1500m cpu left of 7 cpu',
      'pp scale render 6 --plan',
    ],
  },
  {
    name: 'what a quota keeps out of one cluster goes to the next',
    clusters: [rack(5, {quotas: [quota({pods: 6}, {pods: 5})]}), aws(1)],
    request: by(3),
    says: [
      'rack 5 → 6',
      '  deployment/render spec.replicas 5 → 6',
      '  1 on node2',
      'aws 0 → 2',
      '  deployment/render spec.replicas 0 → 2',
      '  render 0 → 1 nodes for 2',
    ],
  },
  {
    name: 'a quota of other Pods decides nothing',
    clusters: [
      rack(5, {
        quotas: [
          quota({pods: 5}, {pods: 5}, [{key: 'BestEffort', operator: 'Exists', values: []}]),
          quota({pods: 5}, {pods: 5}, [{key: 'PriorityClass', operator: 'In', values: ['high']}]),
          quota({pods: 5}, {pods: 5}, [{key: 'Terminating', operator: 'Exists', values: []}]),
          quota({'requests.storage': 0, 'count/services': 0, persistentvolumeclaims: 0}),
        ],
      }),
    ],
    request: by(1),
    says: ['rack 5 → 6', '  deployment/render spec.replicas 5 → 6', '  1 on node2'],
  },
  {
    name: 'a quota that wants limits keeps Pods without them out',
    clusters: [rack(5, {quotas: [quota({'limits.memory': 9e9})]})],
    request: by(1),
    says: [
      'QUOTA_EXCEEDED rack 5, short by 1: ResourceQuota compute: every container must say its limits.memory',
      'pp scale render 5 --plan',
    ],
  },
  {
    name: "a LimitRange's defaults are what a Pod asks for",
    clusters: [
      rack(0, {
        deployment: deployment(0, {
          template: template({containers: [container({requests: {}}), container({requests: {cpu: 500}})]}),
        }),
        limitRanges: [limitRange({defaultRequests: {cpu: 3000}})],
      }),
    ],
    request: replicas(3),
    says: ['CAPACITY_SHORT rack 2, short by 1: cpu (2 nodes)', 'pp scale render 2 --plan'],
  },
  {
    name: 'a limit is a request where none is said',
    clusters: [
      rack(0, {
        deployment: deployment(0, {
          template: template({containers: [container({requests: {}, limits: {cpu: 4000}})]}),
        }),
      }),
    ],
    request: replicas(2),
    says: ['rack 0 → 2', '  deployment/render spec.replicas 0 → 2', '  1 on node1', '  1 on node2'],
  },
  {
    name: 'Pods that a LimitRange turns away are not planned',
    clusters: [rack(5, {limitRanges: [limitRange({type: 'Pod', max: {cpu: 500}})]})],
    request: by(1),
    says: [
      'PODS_REJECTED rack: LimitRange limits: a Pod has no limit of cpu, at most 500m cpu is allowed',
      'kubectl describe limitrange --namespace pixelpulse',
    ],
  },
  {
    name: 'init containers and sidecars take their part',
    clusters: [
      rack(0, {
        deployment: deployment(0, {
          template: template({
            containers: [container({requests: {cpu: 500}})],
            initContainers: [
              container({requests: {cpu: 500}, isSidecar: true}),
              container({requests: {cpu: 2000}}),
            ],
          }),
        }),
      }),
    ],
    request: replicas(3),
    says: ['CAPACITY_SHORT rack 2, short by 1: cpu (2 nodes)', 'pp scale render 2 --plan'],
  },
]

const owners: readonly Row[] = [
  {
    name: 'KEDA is moved by its lower bound',
    clusters: [rack(5, {owner: keda(2, 48)})],
    request: by(2),
    says: ['rack 5 → 7', '  scaledobject/render spec.minReplicaCount 2 → 7', '  2 on node2'],
  },
  {
    name: 'an upper bound that is too low is raised first',
    clusters: [rack(5, {owner: hpa(2, 6)})],
    request: by(2),
    says: [
      'rack 5 → 7',
      '  horizontalpodautoscaler/render spec.maxReplicas 6 → 7',
      '  horizontalpodautoscaler/render spec.minReplicas 2 → 7',
      '  2 on node2',
    ],
  },
  {
    name: 'going down is up to the autoscaler, and said so',
    clusters: [rack(7, {owner: keda(7, 48)})],
    request: replicas(3),
    says: [
      'rack 7 → 3',
      '  scaledobject/render spec.minReplicaCount 7 → 3',
      '  ! the autoscaler goes down to 3 when its own measure allows it',
    ],
  },
  {
    name: 'an HPA sleeps at zero, so the Deployment itself is set, and woken',
    clusters: [rack(0, {owner: hpa(2, 6)})],
    request: replicas(3),
    says: [
      'rack 0 → 3',
      '  horizontalpodautoscaler/render spec.minReplicas 2 → 3',
      '  deployment/render spec.replicas 0 → 3',
      '  3 on node1',
    ],
  },
  {
    name: 'an HPA is sent to zero by the Deployment',
    clusters: [rack(3, {owner: hpa(2, 6)})],
    request: replicas(0),
    says: ['rack 3 → 0', '  deployment/render spec.replicas 3 → 0', 'severe: nothing of it would run'],
  },
  {
    name: 'KEDA goes to zero by itself',
    clusters: [rack(3, {owner: keda(2, 6)})],
    request: replicas(0),
    says: [
      'rack 3 → 0',
      '  scaledobject/render spec.minReplicaCount 2 → 0',
      '  ! KEDA goes down to none when its triggers are inactive',
      'severe: nothing of it would run',
    ],
  },
  {
    name: 'two autoscalers that fight are refused',
    clusters: [rack(3, {owner: {kind: 'several', names: ['horizontalpodautoscaler/a', 'scaledobject/b']}})],
    request: replicas(4),
    says: [
      'SEVERAL_AUTOSCALERS rack: horizontalpodautoscaler/a and scaledobject/b all set the replicas of render, each against the others',
      'kubectl delete --namespace pixelpulse scaledobject/b',
    ],
  },
  {
    name: 'a ScaledObject that is paused is refused',
    clusters: [rack(3, {owner: keda(2, 6, true)})],
    request: replicas(4),
    says: [
      'AUTOSCALER_PAUSED rack: scaledobject/render is paused, so its bounds decide nothing',
      'kubectl annotate --namespace pixelpulse scaledobject render autoscaling.keda.sh/paused- autoscaling.keda.sh/paused-replicas-',
    ],
  },
  {
    name: 'bounds alone are set as they are asked for, with room for what the lower one adds',
    clusters: [rack(5, {owner: keda(2, 48)})],
    request: bounds(6, 20),
    says: [
      'rack 5 → 6',
      '  scaledobject/render spec.maxReplicaCount 48 → 20',
      '  scaledobject/render spec.minReplicaCount 2 → 6',
      '  1 on node2',
    ],
  },
  {
    name: 'a lower bound that nothing has room for is refused',
    clusters: [rack(5, {owner: keda(2, 48)})],
    request: bounds(9),
    says: ['CAPACITY_SHORT rack 8, short by 1: cpu (2 nodes)', 'pp scale render 8 --plan'],
  },
  {
    name: 'bounds that cross each other are refused',
    clusters: [rack(5, {owner: hpa(2, 48)})],
    request: bounds(undefined, 1),
    says: ['BOUNDS_INVALID rack: render would be kept between 2 and 1', 'pp scale render 5 --plan'],
  },
  {
    name: 'bounds without an autoscaler are refused',
    clusters: [rack(5)],
    request: bounds(3),
    says: [
      'NO_AUTOSCALER rack: no autoscaler owns render, so there are no bounds',
      'pp scale render 3 --plan',
    ],
  },
]

const down: readonly Row[] = [
  {
    name: 'the last cluster is emptied first',
    clusters: [rack(5), aws(4, {deployment: deployment(4)})],
    request: replicas(4),
    says: [
      'rack 5 → 4',
      '  deployment/render spec.replicas 5 → 4',
      'aws 4 → 0',
      '  deployment/render spec.replicas 4 → 0',
    ],
  },
  {
    name: 'a disruption budget is kept, in the cluster that has it',
    clusters: [rack(5), aws(4, {deployment: deployment(4), budgets: [budget(2)]})],
    request: replicas(4),
    says: [
      'rack 5 → 2',
      '  deployment/render spec.replicas 5 → 2',
      'aws 4 → 2',
      '  deployment/render spec.replicas 4 → 2',
    ],
  },
  {
    name: 'a budget that counts from the number that is wanted bounds nothing on the way down, which is said',
    clusters: [
      rack(5, {budgets: [shareOf('minAvailable 80%'), {...shareOf('maxUnavailable 1'), selector: []}]}),
    ],
    request: replicas(2),
    says: [
      'rack 5 → 2',
      '  deployment/render spec.replicas 5 → 2',
      '  ! poddisruptionbudget/share (minAvailable 80%) counts from the number that is wanted: it bounds evictions, not how many there are',
      '  ! poddisruptionbudget/share (maxUnavailable 1) counts from the number that is wanted: it bounds evictions, not how many there are',
    ],
  },
  {
    name: 'below a disruption budget is refused',
    clusters: [rack(5, {budgets: [budget(3), shareOf('maxUnavailable 1')]})],
    request: replicas(2),
    says: [
      'BUDGET_EXCEEDED 2 is less than the 3 that poddisruptionbudget/render asks for on rack',
      'pp scale render 3 --plan',
    ],
  },
  {
    name: 'more than half of a protected environment is severe',
    clusters: [rack(5)],
    request: replicas(2, true),
    says: ['rack 5 → 2', '  deployment/render spec.replicas 5 → 2', 'severe: more than half of it would go'],
  },
  {
    name: 'half of it is not',
    clusters: [rack(4)],
    request: replicas(2, true),
    says: ['rack 4 → 2', '  deployment/render spec.replicas 4 → 2'],
  },
  {
    name: 'fewer than none is refused',
    clusters: [rack(5)],
    request: by(-6),
    says: ['TARGET_BELOW_ZERO render has 5 now; 6 fewer is less than none', 'pp scale render 0 --plan'],
  },
  {name: 'what is so already needs nothing', clusters: [rack(5)], request: replicas(5), says: ['rack 5 → 5']},
]

describe.each([
  {about: 'up', rows: up},
  {about: 'what a namespace allows', rows: limits},
  {about: 'who owns the number', rows: owners},
  {about: 'down', rows: down},
])('$about', ({rows}) => {
  test.each(rows)('$name', ({clusters, request, says}) =>
    expect(show(planScale(clusters, request))).toEqual(says),
  )
})

describe('for any two clusters', () => {
  const side = (name: string) =>
    fc
      .record({
        cpus: fc.array(fc.integer({min: 0, max: 3}), {maxLength: 3}),
        running: fc.integer({min: 0, max: 3}),
        max: fc.integer({min: 0, max: 2}),
        quota: fc.option(fc.integer({min: 0, max: 6}), {nil: undefined}),
      })
      .map(({cpus, running, max, quota: most}) => {
        const nodes = cpus.map((cpu, index) => node(`${name}${index}`, cpu))
        const slots = nodes.flatMap(({name: on, allocatable}) =>
          Array<string>(allocatable.cpu! / 1000).fill(on),
        )
        const there = slots.slice(0, running).map((on) => pod(on))
        const facts = cluster(name, {
          nodes,
          pods: there,
          deployment: deployment(there.length),
          groups: [
            group('pool', max, {
              model: {labels: {}, taints: [], allocatable: {cpu: 2000, pods: 9}, daemons: []},
            }),
          ],
          quotas: most === undefined ? [] : [quota({pods: there.length + most}, {pods: there.length})],
        })
        return {
          facts,
          now: there.length,
          most: there.length + Math.min(slots.length - there.length + 2 * max, most ?? Infinity),
        }
      })

  test('a plan has exactly what was asked for, and a refusal names exactly what is missing', () => {
    fc.assert(
      fc.property(side('a'), side('b'), fc.integer({min: 0, max: 16}), (a, b, wanted) => {
        const plan = planScale([a.facts, b.facts], replicas(wanted))
        if (wanted > a.now + b.now && wanted > a.most + b.most) {
          const [said, hint] = show(plan)
          expect(said).toContain(`a ${a.most} + b ${b.most}, short by ${wanted - a.most - b.most}: `)
          expect(hint).toBe(`pp scale render ${a.most + b.most} --plan`)
          return
        }
        expect(plan.kind).toBe('plan')
        if (plan.kind === 'refused') return
        expect(plan.clusters.reduce((sum, one) => sum + one.wanted, 0)).toBe(wanted)
        for (const [index, {most}] of [a, b].entries()) {
          const {wanted: share, now, placements, growth} = plan.clusters[index]!
          expect(share).toBeLessThanOrEqual(Math.max(most, now))
          const placed = [...placements, ...growth].reduce((sum, {pods: count}) => sum + count, 0)
          expect(placed).toBe(Math.max(0, share - now))
        }
      }),
      {numRuns: 500},
    )
  })
})

const shared = (wanted: number, more: object): ScaleRequest => ({
  ...by(0),
  ...more,
  kind: 'replicas',
  target: {kind: 'absolute', replicas: wanted},
})
const wantedOf = (plan: ScalePlan) =>
  plan.kind === 'plan' ? plan.clusters.map(({wanted}) => wanted) : plan.code

describe('a split', () => {
  const sites = () => [rack(4), cluster('aws', {nodes: [node('aws1', 4)]})]
  const split = [
    {site: 'rack', parts: 60},
    {site: 'aws', parts: 40},
  ]

  test('gives each site its share, one up and another down where that is so', () => {
    expect(wantedOf(planScale(sites(), shared(5, {split})))).toEqual([3, 2])
  })

  test('names only sites that there are', () => {
    expect(wantedOf(planScale(sites(), shared(5, {split: [{site: 'moon', parts: 1}]})))).toBe('SPLIT_INVALID')
  })

  test('always sums up to what is wanted, and nobody is more than one away from the exact share', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 0, max: 500}),
        fc
          .array(fc.integer({min: 0, max: 100}), {minLength: 1, maxLength: 5})
          .filter((all) => all.some(Boolean)),
        (wanted, parts) => {
          const whole = apportioned(wanted, parts)
          const all = parts.reduce((sum, part) => sum + part, 0)
          expect(whole.reduce((sum, one) => sum + one, 0)).toBe(wanted)
          for (const [index, one] of whole.entries())
            expect(Math.abs(one - (wanted * (parts[index] ?? 0)) / all)).toBeLessThan(1)
        },
      ),
    )
  })
})

test('as many as fit are planned where that is allowed, and it says how many are short', () => {
  const small = [rack(1)]
  const refusal = planScale(small, shared(9000, {}))
  const plan = planScale(small, shared(9000, {isPartial: true}))
  expect(refusal).toMatchObject({code: 'CAPACITY_SHORT'})
  if (refusal.kind === 'plan') return
  expect(plan).toMatchObject({kind: 'plan', wanted: refusal.fits, short: 9000 - (refusal.fits ?? 0)})
})
