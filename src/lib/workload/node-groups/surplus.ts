import {fit} from '../capacity.ts'
import type {ClusterFacts, Node, NodeGroup, Pod} from '../facts.ts'
import {podsToGo} from '../pods-to-go.ts'
import {isSelected, untolerated} from '../selectors.ts'
import {isWanted} from '../topology.ts'
import type {Returned} from '../types.ts'

export interface Surplus {
  readonly returned: readonly Returned[]
  /** Nodes that would go but for Pods that are not the service's. */
  readonly held: readonly Held[]
}

/** A node that stays for what else runs there. */
export interface Held {
  readonly node: string
  /** As `namespace/name`. */
  readonly pods: readonly string[]
}

/**
 * Nodes that are not needed any more once the service has fewer Pods, the dearest first, then the emptiest: only of groups that pp
 * grows and that the service may run on, never below a group's minimum, and only where nothing but DaemonSets and Pods of this
 * service is left that fits elsewhere. A node with somebody else's Pods is left alone.
 */
export function surplusNodes(
  facts: ClusterFacts,
  wanted: number,
  priceOf: (node: string) => number | undefined,
): Surplus {
  const {deployment, namespace, groups} = facts
  const isOwn = (pod: Pod) => pod.namespace === namespace && isSelected(pod.labels, deployment.selector)
  const going = new Set(podsToGo(facts, deployment.replicas - wanted, priceOf))
  let room: ClusterFacts = {
    ...facts,
    pods: facts.pods.filter((pod) => !(isOwn(pod) && (pod.isTerminating || going.has(pod.name)))),
  }
  const returned: Returned[] = []
  const held: Held[] = []
  for (const group of groups) {
    let spare = spareOf(group, facts)
    const occupied: Held[] = []
    for (const {node, instance} of candidates(group, room, priceOf)) {
      if (spare <= 0) break
      const without = emptied(room, node, isOwn)
      if (!without) continue
      if (without.others.length > 0) {
        occupied.push({node: node.name, pods: without.others})
        continue
      }
      room = without.room
      spare -= 1
      returned.push({group: group.name, node: node.name, instance})
    }
    if (spare > 0) held.push(...occupied)
  }
  return {returned, held}
}

/** Why nodes stay though the service does not need them. */
export const heldInWords = (held: readonly Held[]): string =>
  held
    .map(({node, pods}) => {
      const [first = '', ...more] = pods
      const all = more.length > 0 ? `${first} and ${more.length} more` : first
      return `${node} stays for ${all}, which pp does not move`
    })
    .join('; ')

/** Node groups of which nodes may be given back, whichever these are by then. */
export const groupsToShrink = (facts: ClusterFacts): readonly string[] =>
  facts.groups.filter((group) => spareOf(group, facts) > 0).map(({name}) => name)

/** How many of a group's nodes pp may give back at most. */
function spareOf(group: NodeGroup, facts: ClusterFacts): number {
  const {maker, aws} = group
  return maker === 'pp' && aws && mayRunOn(group, facts) ? aws.desired - aws.min : 0
}

function mayRunOn({model}: NodeGroup, {deployment}: ClusterFacts): boolean {
  if (!model) return false
  const shape = {...deployment.template.shape, requests: {}}
  const like = {...model, name: '', isReady: true, isUnschedulable: false, instance: undefined}
  return isWanted(like, shape) && !untolerated(model.taints, shape.tolerations)
}

/** One that somebody has cordoned is that one's to deal with. */
function candidates(
  {aws}: NodeGroup,
  {nodes, pods}: ClusterFacts,
  priceOf: (node: string) => number | undefined,
): readonly {readonly node: Node; readonly instance: string}[] {
  return (aws?.instances ?? [])
    .flatMap(({id, node: name}) => {
      const node = nodes.find((one) => one.name === name && !one.isUnschedulable)
      return node ? [{node, instance: id, pods: pods.filter((pod) => pod.node === name).length}] : []
    })
    .toSorted(
      (one, other) =>
        (priceOf(other.node.name) ?? 0) - (priceOf(one.node.name) ?? 0) ||
        one.pods - other.pods ||
        other.node.name.localeCompare(one.node.name),
    )
}

interface Emptied {
  readonly room: ClusterFacts
  /** Pods there that are not the service's, or that nobody would make anew. */
  readonly others: readonly string[]
}

/** The cluster without this node, the service's Pods moved to others; undefined: they do not fit there. */
function emptied(room: ClusterFacts, node: Node, isOwn: (pod: Pod) => boolean): Emptied | undefined {
  // Those of DaemonSets and those that the kubelet itself runs go with the node.
  const onIt = room.pods
    .filter((pod) => pod.node === node.name)
    .filter(({controller}) => controller !== 'DaemonSet' && controller !== 'Node')
  const isMoved = (pod: Pod) => isOwn(pod) && pod.controller !== undefined
  const nodes = room.nodes.filter((one) => one !== node)
  let pods = room.pods.filter((pod) => pod.node !== node.name)
  for (const pod of onIt.filter(isMoved)) {
    const [place] = fit({...room, nodes, pods}, pod, 1).nodes
    if (place === undefined) return undefined
    pods = [...pods, {...pod, node: place}]
  }
  const others = onIt.filter((pod) => !isMoved(pod)).map(({namespace, name}) => `${namespace}/${name}`)
  return {room: {...room, nodes, pods}, others}
}
