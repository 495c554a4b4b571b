import type {ClusterGlance} from './types.ts'

/** What is broken in the clusters; empty when all is well. */
export function clusterFindings(clusters: readonly ClusterGlance[]): readonly string[] {
  return clusters.flatMap(({cluster, problem, notReady, services}) => [
    ...(problem === null ? [] : [`${cluster}: ${problem}`]),
    ...notReady.map(({node, reason}) => `${cluster}: ${node} is not ready: ${reason}`),
    ...services.flatMap(({service, ready, wanted}) => {
      if (ready === null || wanted === null) return [`${cluster}: there is no Deployment for ${service}`]
      return ready < wanted
        ? [`${cluster}: ${service} has ${ready} of ${wanted} Pods ready; see: pp why ${service}`]
        : []
    }),
  ])
}
