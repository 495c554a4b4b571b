import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import type {KubernetesCluster} from '../fleet/types.ts'
import {deploymentUnknown} from '../workload/deployment-unknown.ts'
import type {RolloutFacts} from './facts.ts'
import {deploymentSchema, operationOf, progressOf, replicaSetSchema, revisionOf} from './objects.ts'
import {observeRoute} from './route.ts'
import {canaryName} from './template.ts'

export const deploymentsPath = (namespace: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/deployments`
export const deploymentPath = (namespace: string, name: string): string =>
  `${deploymentsPath(namespace)}/${name}`

/**
 * Looks at a Deployment, what it ran before, and its canary.
 *
 * @throws PpError DEPLOYMENT_UNKNOWN, and what the reader throws.
 */
export async function observeRollout(
  reader: Pick<ClusterReader, 'get' | 'list'>,
  {name: cluster, site, namespace}: Pick<KubernetesCluster, 'name' | 'site' | 'namespace'>,
  deployment: string,
): Promise<RolloutFacts> {
  const [declared, sets, canary, route] = await Promise.all([
    reader.get(deploymentPath(namespace, deployment), deploymentSchema),
    reader.list(`/apis/apps/v1/namespaces/${namespace}/replicasets`, replicaSetSchema),
    reader.get(deploymentPath(namespace, canaryName(deployment)), deploymentSchema),
    observeRoute(reader, {namespace}, deployment),
  ])
  if (!declared) throw deploymentUnknown(cluster, namespace, deployment)
  return {
    cluster,
    site,
    namespace,
    deployment,
    template: declared.spec.template,
    selector: declared.spec.selector.matchLabels,
    strategy: declared.spec.strategy,
    progress: progressOf(declared),
    revisions: sets
      .filter(({metadata}) => metadata.ownerReferences.some(({uid}) => uid === declared.metadata.uid))
      .map(revisionOf)
      .sort((one, other) => other.number - one.number),
    canary: canary && {
      name: canary.metadata.name,
      template: canary.spec.template,
      progress: progressOf(canary),
      operation: operationOf(canary),
    },
    route,
  }
}
