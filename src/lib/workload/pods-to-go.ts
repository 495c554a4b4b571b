import type {ClusterFacts} from './facts.ts'
import {isSelected} from './selectors.ts'

/**
 * Pods that go first when a Deployment has fewer: those without a node, as its controller has it anyway, then those on the dearest
 * node, then on the emptiest, node by node, so that one comes free.
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
    .map(({name, node = ''}) => ({
      name,
      node,
      price: node === '' ? Infinity : (priceOf(node) ?? 0),
      others: onNode.get(node) ?? 0,
    }))
    .toSorted(
      (one, other) =>
        (other.price === one.price ? 0 : other.price - one.price) ||
        one.others - other.others ||
        other.node.localeCompare(one.node) ||
        one.name.localeCompare(other.name),
    )
    .slice(0, count)
    .map(({name}) => name)
}
