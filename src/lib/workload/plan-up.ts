import {counted} from '../counted.ts'
import {fit, type Fit} from './capacity.ts'
import type {ClusterFacts, Node, NodeGroup, Pod, PodShape} from './facts.ts'
import {admit, quotaRoom} from './limits.ts'
import {desiredAfter, roomFor, type GroupRoom, type Taken} from './node-groups/room.ts'
import {isSelected} from './selectors.ts'
import {sum} from './sum.ts'
import {refused, type Growth, type Refused, type Share} from './types.ts'

/** Room for a named's Pods in one cluster. */
interface Offer {
  readonly facts: ClusterFacts
  readonly shape: PodShape
  /** Pods that have a node already. */
  readonly running: number
  /** Most Pods without a node that quotas let in, and which of them decides it. */
  readonly quota: {readonly pods: number; readonly because: string}
  readonly fit: Fit
  readonly growth: readonly Growth[]
}

/** Fills what is there, cluster by cluster, then lets node groups grow in the same order. */
export function sharesUp(
  clusters: readonly ClusterFacts[],
  wanted: number,
  named: string,
): readonly Share[] | Refused {
  let offers: readonly Offer[] = []
  for (const facts of clusters) {
    const offer = offerOf(facts)
    if ('kind' in offer) return offer
    offers = [...offers, offer]
  }
  const left = () => wanted - sum(offers.map(seated))
  for (const improved of [filled, grown])
    for (const [index, offer] of offers.entries())
      if (left() > 0) {
        const most = Math.min(offer.fit.least + left(), offer.quota.pods)
        if (most > offer.fit.least) offers = offers.with(index, improved(offer, most))
      }
  if (left() > 0) return shortBy(offers, {wanted, short: left(), named})
  return offers.map(({facts, shape, fit: found, growth, running}) => ({
    facts,
    wanted: running + found.least,
    shape,
    nodes: found.nodes,
    growth,
  }))
}

const seated = ({running, fit: {least}}: Offer): number => running + least

function offerOf(facts: ClusterFacts): Offer | Refused {
  const {cluster, namespace, deployment, limitRanges, pods, quotas} = facts
  const admitted = admit(deployment.template, limitRanges)
  if (admitted.kind === 'rejected')
    return refused(
      'PODS_REJECTED',
      `${cluster}: ${admitted.because}`,
      `kubectl describe limitrange --namespace ${namespace}`,
    )
  const isOwn = (pod: Pod) => pod.namespace === namespace && isSelected(pod.labels, deployment.selector)
  const own = pods.filter(isOwn)
  const running = Math.min(
    own.filter(({node, isTerminating}) => node !== undefined && !isTerminating).length,
    deployment.replicas,
  )
  // Those that wait for a node have passed the quotas, and are among those that are placed here.
  const waiting = Math.min(own.filter(({node}) => node === undefined).length, deployment.replicas - running)
  const room = quotaRoom(admitted.shape, admitted.counted, quotas)
  return {
    facts: {...facts, pods: pods.filter((pod) => pod.node !== undefined || !isOwn(pod))},
    shape: admitted.shape,
    running,
    quota: {pods: waiting + (room?.pods ?? Infinity), because: room?.because ?? ''},
    fit: {nodes: [], least: 0, most: 0, blockers: new Map()},
    growth: [],
  }
}

const filled = (offer: Offer, most: number): Offer => ({...offer, fit: fit(offer.facts, offer.shape, most)})

/** Lets node groups grow one after the other, each no further than it helps. */
function grown(offer: Offer, most: number): Offer {
  const {facts, shape} = offer
  let [nodes, pods, best] = [facts.nodes, facts.pods, fit(facts, shape, most)]
  const growth: Growth[] = []
  let taken: Taken = {vcpus: 0, addresses: 0}
  for (const group of facts.groups) {
    const before = best.least
    const room = roomFor(facts, group, taken)
    const there = group.nodes.length
    const largest = there + room.nodes
    const enough = fewestThatMayDo(group, largest, shape, most - before)
    let [triedNodes, triedPods, to] = [nodes, pods, there]
    for (let size = to + 1; size <= largest && best.least < most && group.model; size += 1) {
      const node = newNode(group, group.model, size)
      triedNodes = [...triedNodes, node]
      triedPods = [...triedPods, ...group.model.daemons.map((daemon) => ({...daemon, node: node.name}))]
      if (size < enough) continue
      const found = fit({...facts, nodes: triedNodes, pods: triedPods}, shape, most)
      // A few more may be needed before one helps: one in each zone, say.
      if (found.least > best.least) [best, nodes, pods, to] = [found, triedNodes, triedPods, size]
    }
    if (best.least === before) continue
    const {name, max, zones, instanceType, maker, aws} = group
    const from = aws?.desired ?? there
    const after = desiredAfter(from, room.coming, to - there)
    taken = {
      vcpus: taken.vcpus + (after - from) * (aws?.vcpus ?? 0),
      addresses: taken.addresses + after - from,
    }
    growth.push({
      group: name,
      from,
      to: after,
      added: to - there,
      maker,
      present: group.nodes,
      max,
      pods: best.least - before,
      zones,
      instanceType,
    })
  }
  return {...offer, fit: best, growth}
}

/** A small group is tried at every size, as a few nodes may do where more do not. */
const smallGroup = 20

/** Size of a large group below which it cannot be enough, so that it need not be tried; 0: try each. */
function fewestThatMayDo(
  {nodes, model}: NodeGroup,
  max: number,
  {requests}: PodShape,
  missing: number,
): number {
  const rates = Object.entries({...requests, pods: 1}).filter(([, amount]) => amount > 0)
  const each = Math.min(
    ...rates.map(([name, amount]) => Math.floor((model?.allocatable[name] ?? 0) / amount)),
  )
  const fewest = nodes.length + Math.ceil(missing / each)
  return max - nodes.length > smallGroup && fewest <= max ? fewest : 0
}

function newNode({name, zones}: NodeGroup, model: NonNullable<NodeGroup['model']>, number: number): Node {
  const node = `${name}-new-${number}`
  const zone = zones[(number - 1) % zones.length]
  return {
    name: node,
    labels: {
      ...model.labels,
      'kubernetes.io/hostname': node,
      ...(zone === undefined ? {} : {'topology.kubernetes.io/zone': zone}),
    },
    taints: model.taints,
    isUnschedulable: false,
    isReady: true,
    allocatable: model.allocatable,
    instance: undefined,
  }
}

function shortBy(
  offers: readonly Offer[],
  {wanted, short, named}: {wanted: number; short: number; named: string},
): Refused {
  const totals = offers.map((offer) => `${offer.facts.cluster} ${seated(offer)}`)
  const maybeMore = sum(offers.map(({fit: {least, most}}) => most - least))
  const by =
    maybeMore > 0
      ? `short by ${Math.max(0, short - maybeMore)} to ${short}, as the scheduler fills the nodes`
      : `short by ${short}`
  const isByQuota = offers.every((offer) => offer.fit.least >= offer.quota.pods)
  const [pool] = offers.flatMap((offer) =>
    offer.facts.groups
      .filter((group) => group.model && leftOf(offer, group).nodes === 0)
      .map(
        (group) =>
          leftOf(offer, group).raise ??
          `raise with clusters.${offer.facts.cluster}.nodeGroups.${group.name}.max in the fleet file`,
      ),
  )
  const raise = isByQuota || pool === undefined ? '' : `; ${pool}`
  return refused(
    isByQuota ? 'QUOTA_EXCEEDED' : 'CAPACITY_SHORT',
    `${totals.join(' + ')}, ${by}: ${offers.map((offer) => whyShort(offer, offers.length > 1)).join('; ')}${raise}`,
    `pp scale ${named} ${wanted - short} --plan`,
    wanted - short,
  )
}

/** How much further a group might grow after what is planned, and what decides that. */
function leftOf({facts, growth}: Offer, group: NodeGroup): GroupRoom {
  const others = growth.filter(({group: name}) => name !== group.name)
  const vcpusOf = (name: string) => facts.groups.find((one) => one.name === name)?.aws?.vcpus ?? 0
  const room = roomFor(facts, group, {
    vcpus: sum(others.map(({group: name, from, to}) => (to - from) * vcpusOf(name))),
    addresses: sum(others.map(({from, to}) => to - from)),
  })
  return {...room, nodes: room.nodes - addedTo(growth, group)}
}

const addedTo = (growth: readonly Growth[], {name}: NodeGroup): number =>
  growth.find(({group}) => group === name)?.added ?? 0

function whyShort(offer: Offer, isOneOfSeveral: boolean): string {
  const {facts, fit: {blockers, least}, quota} = offer // prettier-ignore
  const place = isOneOfSeveral ? `${facts.cluster} ` : ''
  if (least >= quota.pods) return `${place}${quota.because}`
  const pools = facts.groups.map((group) => {
    if (!group.model) return `pool ${group.name} has no node to tell what a new one would be`
    const {nodes, because} = leftOf(offer, group)
    if (nodes === 0) return because
    const added = addedTo(offer.growth, group)
    return added > 0
      ? `pool ${group.name} helps up to ${counted(group.nodes.length + added, 'node')}`
      : `pool ${group.name} would not help`
  })
  const reasons = [...blockers].slice(0, 3).map(([reason, count]) => `${reason} (${counted(count, 'node')})`)
  return `${place}${[...reasons, ...pools].join(', ') || 'has no node'}`
}
