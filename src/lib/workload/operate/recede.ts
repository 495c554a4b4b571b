import type {Service} from '../../fleet/types.ts'
import type {StepContext} from '../../operation/types.ts'
import {groupsToShrink, surplusNodes, type Held} from '../node-groups/surplus.ts'
import type {ServiceCluster} from '../open-service.ts'
import {priceOfNodes} from '../prices.ts'
import {lookAtCluster} from '../scale.ts'
import type {Returned} from '../types.ts'
import {patience} from './patience.ts'
import {untilReady} from './ready.ts'

/** How far an autoscaler has gone down, and which nodes nobody needs any more. */
export interface Receded {
  readonly cluster: string
  /** Of the service; those that end are counted. */
  readonly pods: number
  readonly isThere: boolean
  readonly free: readonly Returned[]
  /** Instances of groups that it would give nodes of back which are no nodes yet: whether they are needed shows only then. */
  readonly joining: readonly string[]
  /** Nodes that would be free but for Pods that are not the service's. */
  readonly held: readonly Held[]
}

/**
 * Waits until an autoscaler has gone down to its new bound, as it does when its own measure allows it, and finds the nodes that
 * this leaves free. That it has not in time is no failure: what is free by then is found.
 *
 * @throws PpError as `lookAtCluster`.
 */
export async function recede(
  cluster: ServiceCluster,
  service: Service,
  {
    wanted,
    seconds,
    context,
  }: {readonly wanted: number; readonly seconds: number; readonly context: StepContext},
): Promise<Receded> {
  const {declared} = cluster
  using time = patience(seconds, context)
  const {pods, isThere} = await untilReady(cluster, {
    deployment: service.deployment,
    wanted,
    isFewer: true,
    signal: time.signal,
    onChange: ({pods: now}) => context.detail(`${declared.name}: ${now} of ${wanted}`),
    onSilence: (why) => context.detail(`the API server is silent: ${why}`),
  })
  if (context.isInterrupted()) return {cluster: declared.name, pods, isThere, free: [], joining: [], held: []}
  const facts = await lookAtCluster(declared, service)
  const prices = priceOfNodes(facts)
  const {returned: free, held} = surplusNodes(facts, facts.deployment.replicas, (node) => prices.get(node))
  const shrinking = groupsToShrink(facts)
  const known = new Set(facts.nodes.map(({name}) => name))
  const joining = facts.groups
    .filter(({name}) => shrinking.includes(name))
    .flatMap(({aws}) => aws?.instances ?? [])
    .filter(({node}) => node === undefined || !known.has(node))
    .map(({id}) => id)
  return {cluster: declared.name, pods, isThere, free, joining, held}
}
