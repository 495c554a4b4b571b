import * as z from 'zod'

import {counted} from '../counted.ts'
import {refusal} from '../errors.ts'
import {deletePods, podsOf, type FaultCluster, type FaultPod} from './on-cluster.ts'
import type {Fault, Proof} from './types.ts'

/** Nodes by their zone, or one by its name. */
export interface DrainedNodes {
  readonly zone: string | undefined
  readonly node: string | undefined
  /** Marks the nodes that this fault has closed, so that undoing it opens no other. */
  readonly id: string
}

const strings = z.record(z.string(), z.string())
const nodeSchema = z.object({
  metadata: z.object({name: z.string(), labels: strings.default({}), annotations: strings.default({})}),
  spec: z.object({unschedulable: z.boolean().default(false)}).prefault({}),
})
type Node = z.output<typeof nodeSchema>

const mark = 'pixelpulse.io/drained-by'
const zoneLabel = 'topology.kubernetes.io/zone'

/**
 * Nodes take no Pod any more, and the fleet's Pods on them are deleted. Pods of other namespaces and of DaemonSets stay.
 *
 * @throws PpError FAULT_NO_NODE, CLUSTER_….
 */
export function drainFault(cluster: FaultCluster, asked: DrainedNodes): Fault<DrainedNodes> {
  const {api, name} = cluster
  return {
    async apply() {
      const nodes = await chosenNodes(cluster, asked)
      for (const node of nodes) if (!node.spec.unschedulable) await setClosed(cluster, node, asked.id)
      await deletePods(
        cluster,
        podsOn(nodes, await podsOf(cluster)).map(({metadata}) => metadata),
      )
      return asked
    },
    async undo() {
      for (const node of await markedNodes(cluster, asked)) await setClosed(cluster, node, undefined)
    },
    async proveInForce() {
      const nodes = await chosenNodes(cluster, asked)
      const open = nodes.filter(({spec}) => !spec.unschedulable)
      const left = podsOn(nodes, await podsOf(cluster))
      const names = nodes.map(({metadata}) => metadata.name).join(' ')
      return {
        holds: open.length === 0 && left.length === 0,
        measured: `${name}: ${names} closed but for ${open.length}, ${counted(left.length, 'Pod')} of ${cluster.namespace} left there`,
      }
    },
    async proveGone(): Promise<Proof> {
      const left = (await markedNodes(cluster, asked)).map(({metadata}) => metadata.name)
      const ofCluster = (await api.list('/api/v1/nodes', nodeSchema)).length
      return {
        holds: left.length === 0,
        measured:
          left.length === 0
            ? `none of ${counted(ofCluster, 'node')} of ${name} is closed by it`
            : `${name} still has closed ${left.join(' ')}`,
      }
    },
  }
}

/** @throws PpError FAULT_NO_NODE. */
export async function chosenNodes(
  {api, name}: FaultCluster,
  {zone, node}: DrainedNodes,
): Promise<readonly Node[]> {
  const all = await api.list('/api/v1/nodes', nodeSchema)
  const chosen = all.filter(({metadata}) =>
    node === undefined ? metadata.labels[zoneLabel] === zone : metadata.name === node,
  )
  if (chosen.length > 0) return chosen
  throw refusal('FAULT_NO_NODE', {
    message: `${name} has no node ${node === undefined ? `in the zone ${zone ?? ''}` : `called ${node}`}.`,
    hint: `pp status; zones are the label ${zoneLabel}`,
  })
}

const markedNodes = async ({api}: FaultCluster, {id}: DrainedNodes): Promise<readonly Node[]> =>
  (await api.list('/api/v1/nodes', nodeSchema)).filter(({metadata}) => metadata.annotations[mark] === id)

async function setClosed({api}: FaultCluster, {metadata}: Node, id: string | undefined): Promise<void> {
  const body = {
    metadata: {annotations: {[mark]: id ?? null}},
    spec: {unschedulable: id === undefined ? null : true},
  }
  const path = `/api/v1/nodes/${metadata.name}`
  await api.write({method: 'PATCH', path, body, patch: 'merge'}, z.unknown())
}

/** What a loss of these nodes would take and what runs elsewhere afterwards. */
function podsOn(nodes: readonly Node[], pods: readonly FaultPod[]): readonly FaultPod[] {
  const names = new Set(nodes.map(({metadata}) => metadata.name))
  return pods.filter(
    ({metadata, spec}) =>
      spec.nodeName !== undefined &&
      names.has(spec.nodeName) &&
      !metadata.ownerReferences.some(({kind}) => kind === 'DaemonSet'),
  )
}
