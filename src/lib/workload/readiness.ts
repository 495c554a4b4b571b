import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import {deploymentSchema, podSchema} from './objects.ts'
import type {Selector} from './facts.ts'
import {selectorText} from './selectors.ts'

/** How many Pods a Deployment wants, and those that it has: ready, and not on their way out. */
export interface Readiness {
  readonly wanted: number
  readonly ready: number
}

/**
 * The Pods of a Deployment, counted one by one: its own count may lag behind.
 *
 * @returns undefined where there is no such Deployment. @throws PpError CLUSTER_….
 */
export async function readinessIn(
  reader: Pick<ClusterReader, 'get' | 'list'>,
  namespace: string,
  deployment: string,
): Promise<Readiness | undefined> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`
  const found = await reader.get(path, deploymentSchema)
  if (!found) return undefined
  const {replicas, selector} = found.spec
  return {wanted: replicas, ready: await readyPods(reader, namespace, selector)}
}

/** How many Pods are ready, and not on their way out. @throws PpError CLUSTER_…. */
export async function readyPods(
  reader: Pick<ClusterReader, 'list'>,
  namespace: string,
  selector: Selector,
): Promise<number> {
  const labelSelector = selectorText(selector)
  const pods = await reader.list(`/api/v1/namespaces/${namespace}/pods`, podSchema, {labelSelector})
  return pods.filter(({isReady, isTerminating}) => isReady && !isTerminating).length
}
