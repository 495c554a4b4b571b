import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'

import {fit, type Room} from '../../src/lib/workload/capacity.ts'
import type {Node, Pod, PodShape, PodTerm} from '../../src/lib/workload/facts.ts'
import {app, node, pod, pods, shape, spread, term} from '../fakes/workload.ts'

const zone = 'topology.kubernetes.io/zone'
const host = 'kubernetes.io/hostname'
const gib = 2 ** 30
const taint = (key: string, effect = 'NoSchedule') => ({key, value: 'yes', effect})
const room = (nodes: readonly Node[], there: readonly Pod[] = []): Room => ({
  nodes,
  pods: there,
  namespaces: {pixelpulse: {team: 'a'}, other: {team: 'b'}},
})
const others = (on: string, changes: Partial<Pod> = {}) => pod(on, {labels: {app: 'other'}, ...changes})

interface Row {
  readonly name: string
  readonly room: Room
  readonly shape?: Partial<PodShape>
  readonly fits: number
  readonly blockers?: Record<string, number>
}

const rows: readonly Row[] = [
  {
    name: 'requests of what runs there are taken already',
    room: room([node('a', 4), node('b', 2)], pods(3, 'a')),
    fits: 3,
    blockers: {cpu: 2},
  },
  {
    name: 'memory may be what is short',
    room: room([node('a', 64)]),
    shape: {requests: {cpu: 100, memory: 6 * gib}},
    fits: 2,
    blockers: {memory: 1},
  },
  {
    name: 'a node runs no more Pods than it may',
    room: room([node('a', 64, {allocatable: {cpu: 64_000, pods: 4}})], [others('a', {requests: {}})]),
    fits: 3,
    blockers: {'Pods a node': 1},
  },
  {
    name: 'a device that no node has fits nowhere',
    room: room([node('a', 4)]),
    shape: {requests: {'nvidia.com/gpu': 1}},
    fits: 0,
    blockers: {'nvidia.com/gpu': 1},
  },
  {
    name: 'Pods without requests are bounded by the Pods a node only',
    room: room([node('a', 0)]),
    shape: {requests: {}},
    fits: 110,
  },
  {
    name: 'nodes that are cordoned, not ready or tainted take none',
    room: room([
      node('a', 4, {isUnschedulable: true}),
      node('b', 4, {isReady: false}),
      node('c', 4, {taints: [taint('gpu')]}),
      node('d', 4, {taints: [taint('spot', 'NoExecute')]}),
      node('e', 1, {taints: [taint('busy', 'PreferNoSchedule')]}),
    ]),
    fits: 1,
    blockers: {cordoned: 1, 'not ready': 1, 'taint gpu': 1, 'taint spot': 1, cpu: 1},
  },
  {
    name: 'a toleration opens a tainted node, by key, value and effect',
    room: room([node('a', 1, {taints: [taint('gpu')]}), node('b', 1, {taints: [taint('gpu', 'NoExecute')]})]),
    shape: {tolerations: [{key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule'}]},
    fits: 1,
  },
  {
    name: 'a toleration of everything opens a cordoned node too',
    room: room([node('a', 1, {isUnschedulable: true, taints: [taint('gpu')]})]),
    shape: {tolerations: [{key: '', operator: 'Exists', value: '', effect: ''}]},
    fits: 1,
  },
  {
    name: 'node selectors and required node affinity both hold',
    room: room([
      node('a', 1, {labels: {disk: 'ssd', cores: '8'}}),
      node('b', 1, {labels: {disk: 'ssd', cores: '4'}}),
      node('c', 1, {labels: {cores: '16'}}),
    ]),
    shape: {
      nodeSelector: {disk: 'ssd'},
      nodeTerms: [
        {expressions: [{key: 'cores', operator: 'Gt', values: ['6']}], fields: []},
        {expressions: [], fields: []},
      ],
    },
    fits: 1,
    blockers: {'node selector or affinity': 2, cpu: 1},
  },
  {
    name: 'node affinity may name a node, and an affinity without alternatives names none',
    room: room([node('a', 2), node('b', 3)]),
    shape: {
      nodeTerms: [{expressions: [], fields: [{key: 'metadata.name', operator: 'In', values: ['b']}]}],
    },
    fits: 3,
  },
  {
    name: 'a host port is there once on a node',
    room: room(
      [node('a', 4), node('b', 4)],
      [others('a', {hostPorts: [{protocol: 'TCP', address: '10.0.0.1', port: 80}]})],
    ),
    shape: {hostPorts: [{protocol: 'TCP', address: '', port: 80}]},
    fits: 1,
    blockers: {'host port 80': 2},
  },
  {
    name: 'anti-affinity to itself by node gives one a node',
    room: room([node('a', 4), node('b', 4), node('c', 4)], pods(1, 'c')),
    shape: {antiAffinity: [term(host)]},
    fits: 2,
    blockers: {'anti-affinity': 3},
  },
  {
    name: 'anti-affinity of a Pod that is there keeps others out of its whole zone',
    room: room(
      [node('a', 1, {zone: '1'}), node('b', 1, {zone: '1'}), node('c', 1, {zone: '2'})],
      [others('a', {requests: {}, antiAffinity: [term(zone)]})],
    ),
    fits: 1,
    blockers: {'anti-affinity of Pods there': 2, cpu: 1},
  },
  {
    name: 'a term is about namespaces that it names or selects',
    room: room(
      [node('a', 1), node('b', 1), node('c', 1)],
      [
        others('a', {requests: {}, namespace: 'other', antiAffinity: [term(host, {namespaces: ['other']})]}),
        others('b', {
          requests: {},
          namespace: 'other',
          antiAffinity: [
            term(host, {namespaces: [], namespaceSelector: [{key: 'team', operator: 'In', values: ['a']}]}),
          ],
        }),
      ],
    ),
    fits: 2,
  },
  {
    name: 'affinity wants to be where the others are',
    room: room(
      [node('a', 2, {zone: '1'}), node('b', 3, {zone: '2'}), node('c', 9)],
      [others('b', {requests: {cpu: 500}})],
    ),
    shape: {affinity: [term(zone, {selector: [{key: 'app', operator: 'In', values: ['other']}]})]},
    fits: 2,
    blockers: {affinity: 2, cpu: 1},
  },
  {
    name: 'affinity to what is nowhere fits nowhere',
    room: room([node('a', 2, {zone: '1'})]),
    shape: {affinity: [term(zone, {selector: [{key: 'app', operator: 'In', values: ['cache']}]})]},
    fits: 0,
    blockers: {affinity: 1},
  },
  {
    name: 'spread stops at the fullest domain that may be',
    room: room([node('a', 9, {zone: '1'}), node('b', 2, {zone: '2'})]),
    shape: {spread: [spread(zone)]},
    fits: 5,
    blockers: {[`spread over ${zone}`]: 1, cpu: 1},
  },
  {
    name: 'spread counts a domain that is tainted, unless it honours taints',
    room: room([node('a', 9, {zone: '1'}), node('b', 9, {zone: '2', taints: [taint('gpu')]})]),
    shape: {spread: [spread(zone, {maxSkew: 2})]},
    fits: 2,
  },
  {
    name: 'spread that honours taints does not',
    room: room([node('a', 9, {zone: '1'}), node('b', 9, {zone: '2', taints: [taint('gpu')]})]),
    shape: {spread: [spread(zone, {maxSkew: 2, honorsTaints: true})]},
    fits: 9,
  },
  {
    name: 'spread over fewer domains than there must be counts from nothing',
    room: room([node('a', 9, {zone: '1'}), node('b', 9, {zone: '2'})]),
    shape: {spread: [spread(zone, {minDomains: 3, maxSkew: 2})]},
    fits: 4,
  },
  {
    name: 'spread does not count Pods that end',
    room: room(
      [node('a', 9, {zone: '1'}), node('b', 1, {zone: '2', taints: [taint('gpu')]})],
      pods(3, 'a', {isTerminating: true, requests: {}}),
    ),
    shape: {spread: [spread(zone, {maxSkew: 2})]},
    fits: 2,
  },
  {
    name: 'a node without the label of a spread takes none',
    room: room([node('a', 9)]),
    shape: {spread: [spread(zone)]},
    fits: 0,
    blockers: {[`no label ${zone}`]: 1},
  },
  {
    name: 'Pods of others that wait go first, those of lower priority do not',
    room: room(
      [node('a', 4)],
      [
        pod(undefined, {labels: {app: 'other'}, priority: 5}),
        pod(undefined, {labels: {app: 'other'}, priority: -5}),
        pod(undefined, {labels: {app: 'other'}, isHeld: true}),
        pod(undefined, {labels: {app: 'other'}, requests: {cpu: 8000}}),
      ],
    ),
    fits: 3,
  },
]

test.each(rows)('$name', ({room: there, shape: changes, fits, blockers}) => {
  const found = fit(there, shape(changes), 200)
  expect({fits: found.nodes.length, least: found.least, most: found.most}).toEqual({
    fits,
    least: fits,
    most: fits,
  })
  if (blockers) expect(Object.fromEntries(found.blockers)).toEqual(blockers)
})

test('no more are placed than are asked for, first on the first node', () => {
  const found = fit(room([node('a', 2), node('b', 2)]), shape(), 3)
  expect(found).toMatchObject({nodes: ['a', 'a', 'b'], least: 3, most: 3})
  expect(found.blockers.size).toBe(0)
})

test('Pods that seek each other fit as often as the zone that the first one takes allows', () => {
  const nodes = [node('a', 2, {zone: '1'}), node('b', 5, {zone: '2'}), node('c', 1, {zone: '2'})]
  expect(fit(room(nodes), shape({affinity: [term(zone)]}), 9)).toMatchObject({least: 2, most: 6})
  expect(fit(room(nodes), shape({affinity: [term(zone)]}), 2)).toMatchObject({least: 2, most: 2})
})

describe('for any small cluster', () => {
  const zones = fc.constantFrom('1', '2', '3')
  const nodes = fc
    .array(fc.record({cpu: fc.integer({min: 0, max: 3}), zone: zones, isTainted: fc.boolean()}), {
      minLength: 1,
      maxLength: 4,
    })
    .map((drawn) =>
      drawn.map(({cpu, zone: where, isTainted}, index) =>
        node(`n${index}`, cpu, {zone: where, taints: isTainted && index > 1 ? [taint('gpu')] : []}),
      ),
    )
  const terms = fc.subarray([term(zone), term(host)])
  const spreads = fc
    .tuple(
      fc.subarray([zone, host]),
      fc.record({
        maxSkew: fc.integer({min: 1, max: 2}),
        minDomains: fc.integer({min: 1, max: 3}),
        honorsTaints: fc.boolean(),
      }),
    )
    .map(([keys, changes]) => keys.map((key) => spread(key, changes)))
  const shapes = fc
    .record({
      cpu: fc.constantFrom(500, 1000, 2000),
      rule: fc.oneof(
        {arbitrary: fc.constant({}), weight: 1},
        {arbitrary: terms.map((antiAffinity) => ({antiAffinity})), weight: 2},
        {arbitrary: terms.map((affinity) => ({affinity})), weight: 2},
        {arbitrary: spreads.map((spread) => ({spread})), weight: 3},
        {
          arbitrary: fc.tuple(terms, spreads).map(([antiAffinity, spread]) => ({antiAffinity, spread})),
          weight: 1,
        },
      ),
    })
    .map(({cpu, rule}) => shape({requests: {cpu}, ...rule}))
  const there = fc.array(
    fc.record({on: fc.integer({min: 0, max: 3}), isOurs: fc.boolean(), avoids: fc.boolean()}),
    {maxLength: 3},
  )

  const drawn = fc
    .record({nodes, shape: shapes, there, wanted: fc.integer({min: 0, max: 6})})
    .map(({nodes: drawnNodes, there: drawnPods, ...others}) => ({
      ...others,
      room: room(
        drawnNodes,
        drawnPods.map(({on, isOurs, avoids}) =>
          pod(`n${on}`, {
            requests: {cpu: 500},
            labels: {app: isOurs ? 'render' : 'other'},
            antiAffinity: avoids ? [term(host)] : [],
          }),
        ),
      ),
    }))

  test('least and most are what a search of every order finds', () => {
    fc.assert(
      fc.property(drawn, ({room: there, shape: wantedShape, wanted}) => {
        const found = fit(there, wantedShape, wanted)
        const counts = everyOutcome(there, wantedShape, wanted)
        expect({least: found.least, most: found.most}).toEqual({
          least: Math.min(...counts),
          most: Math.max(...counts),
        })
        expect(counts).toContain(found.nodes.length)
      }),
      {numRuns: 1500},
    )
  })

  test('no node is given more than it has', () => {
    fc.assert(
      fc.property(drawn, ({room: there, shape: wantedShape, wanted}) => {
        const placed = fit(there, wantedShape, wanted).nodes
        for (const {name, allocatable} of there.nodes) {
          const before = there.pods
            .filter((one) => one.node === name)
            .reduce((sum, one) => sum + one.requests.cpu!, 0)
          const added = placed.filter((one) => one === name).length * wantedShape.requests.cpu!
          if (added > 0) expect(before + added).toBeLessThanOrEqual(allocatable.cpu!)
        }
      }),
    )
  })
})

/**
 * How many Pods may find a node, over every order in which nodes are chosen. The rules are written out once more, plainly and
 * from the pages of Kubernetes: each Pod that is placed becomes one that is there.
 */
function everyOutcome(there: Room, ours: PodShape, wanted: number): readonly number[] {
  const outcomes = new Set<number>()
  const seen = new Set<string>()
  const step = (placed: readonly string[]) => {
    const key = placed.toSorted().join()
    if (seen.has(key)) return
    seen.add(key)
    const now = [...there.pods, ...placed.map((on) => pod(on, ours))]
    const open =
      placed.length < wanted ? there.nodes.filter((one) => mayTake(there.nodes, now, one, ours)) : []
    if (open.length === 0) outcomes.add(placed.length)
    for (const {name} of open) step([...placed, name])
  }
  step([])
  return [...outcomes]
}

function mayTake(nodes: readonly Node[], there: readonly Pod[], on: Node, ours: PodShape): boolean {
  const nodeOf = (one: Pod) => nodes.find(({name}) => name === one.node)
  const placed = there.filter((one) => nodeOf(one))
  const isOurs = ({labels}: PodShape) => labels.app === app[0]!.values[0]
  const shares = (key: string, one: Pod) =>
    on.labels[key] !== undefined && nodeOf(one)!.labels[key] === on.labels[key]
  const near = (one: PodTerm, which: readonly Pod[]) =>
    which.some((other) => isOurs(other) && shares(one.topologyKey, other))
  const used = placed.filter((one) => one.node === on.name).reduce((sum, one) => sum + one.requests.cpu!, 0)
  if (on.taints.length > 0 || used + ours.requests.cpu! > on.allocatable.cpu!) return false
  if (ours.antiAffinity.some((one) => near(one, placed))) return false
  if (placed.some((one) => one.antiAffinity.some(({topologyKey}) => shares(topologyKey, one)))) return false
  const isFirst = !placed.some(isOurs)
  if (ours.affinity.length > 0 && !isFirst && !ours.affinity.every((one) => near(one, placed))) return false
  return ours.spread.every(({topologyKey, maxSkew, minDomains, honorsTaints}) => {
    const counted = nodes.filter(({taints}) => !honorsTaints || taints.length === 0)
    const domains = [...new Set(counted.map(({labels}) => labels[topologyKey]!))]
    const inDomain = (value: string) =>
      placed.filter(
        (one) => isOurs(one) && counted.includes(nodeOf(one)!) && nodeOf(one)!.labels[topologyKey] === value,
      ).length
    const least = domains.length < minDomains ? 0 : Math.min(...domains.map(inDomain))
    return inDomain(on.labels[topologyKey]!) + 1 - least <= maxSkew
  })
}
