import type {ServiceCluster} from '../open-service.ts'
import {observeCluster} from '../observe.ts'
import {priceOfNodes} from '../prices.ts'
import {podsToGo} from '../pods-to-go.ts'
import {markToGo} from './deletion-cost.ts'
import type {ScaleIntent, ScaleStep} from './types.ts'

/** Marks the Pods that go first; they are chosen among those that are there now. */
export async function choosePods(
  cluster: ServiceCluster,
  {clusters}: ScaleIntent,
  {count}: ScaleStep & {kind: 'choose'},
): Promise<readonly string[]> {
  const {deployment = ''} = clusters.find((one) => one.cluster === cluster.declared.name) ?? {}
  const facts = await observeCluster(cluster.api, cluster.declared, deployment)
  const prices = priceOfNodes(facts)
  return markToGo(
    cluster,
    podsToGo(facts, count, (node) => prices.get(node)),
  )
}
