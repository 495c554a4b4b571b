import {counted} from '../counted.ts'
import {fit, type Fit} from './capacity.ts'
import type {ClusterFacts, Node, NodeGroup, Pod, PodShape} from './facts.ts'
import {admit, quotaRoom} from './limits.ts'
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
  for (const group of facts.groups) {
    const before = best.least
    const enough = fewestThatMayDo(group, shape, most - before)
    let [triedNodes, triedPods, to] = [nodes, pods, group.nodes.length]
    for (let size = to + 1; size <= group.max && best.least < most && group.model; size += 1) {
      const node = newNode(group, group.model, size)
      triedNodes = [...triedNodes, node]
      triedPods = [...triedPods, ...group.model.daemons.map((daemon) => ({...daemon, node: node.name}))]
      if (size < enough) continue
      const found = fit({...facts, nodes: triedNodes, pods: triedPods}, shape, most)
      // A few more may be needed before one helps: one in each zone, say.
      if (found.least > best.least) [best, nodes, pods, to] = [found, triedNodes, triedPods, size]
    }
    if (best.least === before) continue
    const {name, max, zones, instanceType} = group
    growth.push({
      group: name,
      from: group.nodes.length,
      to,
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
function fewestThatMayDo({max, nodes, model}: NodeGroup, {requests}: PodShape, missing: number): number {
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
      .filter((group) => group.model && sizeOf(offer, group) >= group.max)
      .map(({name}) => `${offer.facts.cluster}.nodeGroups.${name}`),
  )
  const raise = isByQuota || pool === undefined ? '' : `; raise with clusters.${pool}.max in the fleet file`
  return refused(
    isByQuota ? 'QUOTA_EXCEEDED' : 'CAPACITY_SHORT',
    `${totals.join(' + ')}, ${by}: ${offers.map((offer) => whyShort(offer, offers.length > 1)).join('; ')}${raise}`,
    `pp scale ${named} ${wanted - short} --plan`,
    wanted - short,
  )
}

/** Nodes that the group will have. */
const sizeOf = ({growth}: Offer, {name, nodes}: NodeGroup): number =>
  growth.find(({group}) => group === name)?.to ?? nodes.length

function whyShort(offer: Offer, isOneOfSeveral: boolean): string {
  const {facts, fit: {blockers, least}, quota} = offer // prettier-ignore
  const place = isOneOfSeveral ? `${facts.cluster} ` : ''
  if (least >= quota.pods) return `${place}${quota.because}`
  const pools = facts.groups.map((group) => {
    if (!group.model) return `pool ${group.name} has no node to tell what a new one would be`
    const size = sizeOf(offer, group)
    if (size >= group.max) return `pool ${group.name} max ${group.max}`
    return size > group.nodes.length
      ? `pool ${group.name} helps up to ${counted(size, 'node')}`
      : `pool ${group.name} would not help`
  })
  const reasons = [...blockers].slice(0, 3).map(([reason, count]) => `${reason} (${counted(count, 'node')})`)
  return `${place}${[...reasons, ...pools].join(', ') || 'has no node'}`
}
