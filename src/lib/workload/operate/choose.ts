import {observeCluster} from '../observe.ts'
import type {ServiceCluster} from '../open-service.ts'
import {podsToGo} from '../pods-to-go.ts'
import {priceOfNodes} from '../prices.ts'
import {markedByOthers, markToGo, unmark} from './deletion-cost.ts'
import type {ScaleIntent, ScaleStep} from './types.ts'

/** Marks the Pods that go first, and these alone; they are chosen among those that are there now and that nobody else has marked. */
export async function choosePods(
  cluster: ServiceCluster,
  intent: ScaleIntent,
  {count}: ScaleStep & {kind: 'choose'},
): Promise<readonly string[]> {
  const deployment = deploymentIn(cluster, intent)
  const facts = await observeCluster(cluster.api, cluster.declared, deployment)
  const prices = priceOfNodes(facts)
  const others = await markedByOthers(cluster)
  const first = podsToGo(facts, facts.pods.length, (node) => prices.get(node))
  const chosen = first.filter((name) => !others.includes(name)).slice(0, count)
  await unmark(cluster, deployment, chosen)
  return markToGo(cluster, chosen)
}

/** Takes the marks from all Pods of the service. */
export const unchoosePods = (cluster: ServiceCluster, intent: ScaleIntent): Promise<readonly string[]> =>
  unmark(cluster, deploymentIn(cluster, intent))

function deploymentIn({declared}: ServiceCluster, {clusters}: ScaleIntent): string {
  const {deployment = ''} = clusters.find(({cluster}) => cluster === declared.name) ?? {}
  return deployment
}
