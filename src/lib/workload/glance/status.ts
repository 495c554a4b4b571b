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

/** Where an autoscaler does not work as it should; one at its upper bound, or paused, is as somebody has set it. */
export function autoscalerFindings(clusters: readonly ClusterGlance[]): {
  readonly findings: readonly string[]
  readonly warnings: readonly string[]
} {
  const all = clusters.flatMap(({cluster, services}) =>
    services.flatMap(({service, autoscaler}) =>
      (autoscaler?.problems ?? []).map(({object, type, status, reason, message}) => ({
        isSet: ['ScalingLimited', 'Paused'].includes(type),
        text: `${cluster}: ${object} ${type}=${status} (${reason || message}); see: pp why ${service}`,
      })),
    ),
  )
  return {
    findings: all.filter(({isSet}) => !isSet).map(({text}) => text),
    warnings: all.filter(({isSet}) => isSet).map(({text}) => text),
  }
}
