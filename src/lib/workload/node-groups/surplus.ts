import {fit} from '../capacity.ts'
import type {ClusterFacts, Node, NodeGroup, Pod} from '../facts.ts'
import {podsToGo} from '../pods-to-go.ts'
import {isSelected, untolerated} from '../selectors.ts'
import {isWanted} from '../topology.ts'
import type {Returned} from '../types.ts'

/**
 * Nodes that are not needed any more once the service has fewer Pods, the dearest first, then the emptiest: only of groups that pp
 * grows and that the service may run on, never below a group's minimum, and only where nothing but DaemonSets and Pods of this
 * service is left that fits elsewhere. A node with somebody else's Pods is left alone.
 */
export function surplusNodes(
  facts: ClusterFacts,
  wanted: number,
  priceOf: (node: string) => number | undefined,
): readonly Returned[] {
  const {deployment, namespace, groups} = facts
  const isOwn = (pod: Pod) => pod.namespace === namespace && isSelected(pod.labels, deployment.selector)
  const going = new Set(podsToGo(facts, deployment.replicas - wanted, priceOf))
  let room: ClusterFacts = {
    ...facts,
    pods: facts.pods.filter((pod) => !(isOwn(pod) && (pod.isTerminating || going.has(pod.name)))),
  }
  const returned: Returned[] = []
  for (const group of groups) {
    let spare = spareOf(group, facts)
    for (const {node, instance} of candidates(group, room, priceOf)) {
      if (spare <= 0) break
      const without = emptied(room, node, isOwn)
      if (!without) continue
      room = without
      spare -= 1
      returned.push({group: group.name, node: node.name, instance})
    }
  }
  return returned
}

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

/** The cluster without this node, what runs there moved to others; undefined: that cannot be. */
function emptied(room: ClusterFacts, node: Node, isOwn: (pod: Pod) => boolean): ClusterFacts | undefined {
  // Those of DaemonSets and those that the kubelet itself runs go with the node.
  const onIt = room.pods.filter((pod) => pod.node === node.name)
  const moving = onIt.filter(({controller}) => controller !== 'DaemonSet' && controller !== 'Node')
  if (moving.some((pod) => !isOwn(pod) || pod.controller === undefined)) return undefined
  const nodes = room.nodes.filter((one) => one !== node)
  let pods = room.pods.filter((pod) => pod.node !== node.name)
  for (const pod of moving) {
    const [place] = fit({...room, nodes, pods}, pod, 1).nodes
    if (place === undefined) return undefined
    pods = [...pods, {...pod, node: place}]
  }
  return {...room, nodes, pods}
}
