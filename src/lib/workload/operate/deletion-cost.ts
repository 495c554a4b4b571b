import * as z from 'zod'

import type {ServiceCluster} from '../open-service.ts'
import {isSelected} from '../selectors.ts'
import type {ClusterFacts} from '../facts.ts'

const key = 'controller.kubernetes.io/pod-deletion-cost'
/** Of who goes first; what has no cost of its own has 0. */
const costOfFirst = '-1000'

/**
 * Pods that go first when a Deployment has fewer: on the dearest node, then on the emptiest, so that a node comes free.
 *
 * @param priceOf a node's price an hour; undefined where it is not known.
 */
export function podsToGo(
  {pods, deployment, namespace}: Pick<ClusterFacts, 'pods' | 'deployment' | 'namespace'>,
  count: number,
  priceOf: (node: string) => number | undefined,
): readonly string[] {
  const onNode = new Map<string, number>()
  for (const {node} of pods) if (node !== undefined) onNode.set(node, (onNode.get(node) ?? 0) + 1)
  return pods
    .filter(
      (pod) =>
        pod.namespace === namespace && !pod.isTerminating && isSelected(pod.labels, deployment.selector),
    )
    .map(({name, node = ''}) => ({name, price: priceOf(node) ?? 0, others: onNode.get(node) ?? 0}))
    .toSorted(
      (one, other) =>
        other.price - one.price || one.others - other.others || one.name.localeCompare(other.name),
    )
    .slice(0, count)
    .map(({name}) => name)
}

/** @returns those that were still there. @throws PpError CLUSTER_…. */
export async function markToGo(
  {api, declared: {namespace}}: ServiceCluster,
  pods: readonly string[],
): Promise<readonly string[]> {
  const marked = await Promise.all(
    pods.map(async (name) => {
      const body = {metadata: {annotations: {[key]: costOfFirst}}}
      const path = `/api/v1/namespaces/${namespace}/pods/${name}`
      const {kind} = await api.write({method: 'PATCH', path, patch: 'merge', body}, z.unknown())
      return kind === 'written' ? [name] : []
    }),
  )
  return marked.flat()
}

const markedSchema = z.object({
  metadata: z.object({name: z.string(), annotations: z.record(z.string(), z.string()).default({})}),
})

/** Takes the cost from those that stay after all; one that somebody else gave stays. @throws PpError CLUSTER_…. */
export async function unmark({api, declared: {namespace}}: ServiceCluster): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${namespace}/pods`
  const pods = await api.list(path, markedSchema)
  const marked = pods.filter(({metadata}) => metadata.annotations[key] === costOfFirst)
  await Promise.all(
    marked.map(({metadata: {name}}) =>
      api.write(
        {
          method: 'PATCH',
          path: `${path}/${name}`,
          patch: 'merge',
          body: {metadata: {annotations: {[key]: null}}},
        },
        z.unknown(),
      ),
    ),
  )
  return marked.map(({metadata}) => metadata.name)
}
