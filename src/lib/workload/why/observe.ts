import type {ClusterReader} from '../../drivers/kubernetes/types.ts'
import type {KubernetesCluster, Service} from '../../fleet/types.ts'
import type {Resources} from '../facts.ts'
import {podSchema} from '../objects.ts'
import {add} from '../resources.ts'
import {selectorText} from '../selectors.ts'
import {
  autoscalerStateSchema, budgetStateSchema, deploymentStateSchema, eventSchema, nodeStateSchema, podStateSchema,
  replicaSetStateSchema,
} from './objects.ts' // prettier-ignore
import type {ContainerState, NodeState, PodState, Readiness} from './types.ts'

/**
 * Looks at all that says why a service is not ready in one cluster; changes nothing.
 *
 * @throws PpError what the reader throws.
 */
export async function observeReadiness(
  reader: ClusterReader,
  {name: cluster, site, namespace}: Pick<KubernetesCluster, 'name' | 'site' | 'namespace'>,
  {name: service, deployment: name}: Pick<Service, 'name' | 'deployment'>,
): Promise<Readiness> {
  const inNamespace = `namespaces/${namespace}`
  const path = `/apis/apps/v1/${inNamespace}/deployments/${name}`
  const deployment = await reader.get(path, deploymentStateSchema)
  const [sets, pods, events, nodes, budgets, autoscalers, scaledObjects] = await Promise.all([
    reader.list(`/apis/apps/v1/${inNamespace}/replicasets`, replicaSetStateSchema),
    deployment
      ? reader.list(`/api/v1/${inNamespace}/pods`, podStateSchema, {
          labelSelector: selectorText(deployment.selector),
        })
      : [],
    reader.list(`/api/v1/${inNamespace}/events`, eventSchema),
    reader.list('/api/v1/nodes', nodeStateSchema),
    reader.list(`/apis/policy/v1/${inNamespace}/poddisruptionbudgets`, budgetStateSchema),
    reader.list(
      `/apis/autoscaling/v2/${inNamespace}/horizontalpodautoscalers`,
      autoscalerStateSchema('horizontalpodautoscaler'),
    ),
    reader.list(`/apis/keda.sh/v1alpha1/${inNamespace}/scaledobjects`, autoscalerStateSchema('scaledobject')),
  ])
  return {
    cluster,
    site,
    namespace,
    service,
    name,
    deployment,
    replicaSets: sets.filter((set) => set.deployment === name),
    pods: await withLastLines(reader, namespace, pods),
    events,
    nodes,
    room: pods.some(({node}) => node === undefined) ? await roomOn(reader, nodes) : {},
    budgets,
    autoscalers: [...autoscalers, ...scaledObjects].filter(({target}) => target === name),
  }
}

/** What is free on each node, as the scheduler counts it. */
async function roomOn(
  reader: ClusterReader,
  nodes: readonly NodeState[],
): Promise<Readonly<Record<string, Resources>>> {
  const placed = await reader.list('/api/v1/pods', podSchema, {
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed,spec.nodeName!=',
  })
  const taken: Record<string, Resources> = {}
  for (const {node = '', requests} of placed) taken[node] = add(taken[node] ?? {}, requests)
  return Object.fromEntries(
    nodes.map(({name, allocatable}) => [
      name,
      Object.fromEntries(
        Object.entries(allocatable).map(([resource, amount]) => [
          resource,
          amount - (taken[name]?.[resource] ?? 0),
        ]),
      ),
    ]),
  )
}

/** Pods whose last words are asked for; more of the same crash say no more. */
const mostAsked = 8
const lines = 4

async function withLastLines(
  reader: ClusterReader,
  namespace: string,
  pods: readonly PodState[],
): Promise<readonly PodState[]> {
  const asked = new Set(
    pods.filter((pod) => !pod.isReady && pod.containers.some(hasEnded)).slice(0, mostAsked),
  )
  return Promise.all(
    pods.map(async (pod) => {
      if (!asked.has(pod)) return pod
      const containers = pod.containers.map(async (container) =>
        hasEnded(container)
          ? {...container, lastLines: await lastLinesOf(reader, namespace, pod.name, container)}
          : container,
      )
      return {...pod, containers: await Promise.all(containers)}
    }),
  )
}

const hasEnded = ({isReady, ended, before}: ContainerState): boolean =>
  !isReady && (ended ?? before) !== undefined

async function lastLinesOf(
  reader: ClusterReader,
  namespace: string,
  pod: string,
  {name, ended}: ContainerState,
): Promise<readonly string[]> {
  try {
    const text = await reader.text(`/api/v1/namespaces/${namespace}/pods/${pod}/log`, {
      container: name,
      previous: String(ended === undefined),
      tailLines: String(lines),
    })
    return (text ?? '').split('\n').filter((line) => line.trim() !== '')
  } catch {
    // Its node may be gone with what it wrote; the exit code says enough.
    return []
  }
}
