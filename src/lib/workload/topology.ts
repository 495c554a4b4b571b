import type {Labels, Node, NodeTerm, Pod, PodShape, PodTerm, Spread} from './facts.ts'
import {holds, isSelected, selectorOfLabels, untolerated} from './selectors.ts'

/** Where Pods are, for the rules that compare nodes with one another. */
export interface Placed {
  readonly pod: PodShape & {readonly isTerminating: boolean}
  readonly node: Node
}

export type Namespaces = Readonly<Record<string, Labels>>

/** How often something is there in each domain: the nodes that share a value of a label. */
class Domains {
  readonly #counts = new Map<string, number>()

  static key(topologyKey: string, {labels}: Node): string | undefined {
    const value = labels[topologyKey]
    return value === undefined ? undefined : `${topologyKey}=${value}`
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  has(topologyKey: string, node: Node): boolean {
    const key = Domains.key(topologyKey, node)
    return key !== undefined && this.#counts.has(key)
  }

  add(topologyKey: string, node: Node, by: number): void {
    const key = Domains.key(topologyKey, node)
    if (key === undefined) return
    const count = (this.#counts.get(key) ?? 0) + by
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }
}

/**
 * Required Pod affinity and anti-affinity of one shape, while more and more of its Pods are placed.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
export class PodAffinity {
  readonly #shape: PodShape
  readonly #namespaces: Namespaces
  /** Domains that other Pods, or earlier ones of this shape, keep this one away from. */
  readonly #keptAway = new Domains()
  readonly #avoided = new Domains()
  readonly #sought = new Domains()
  readonly #seeksItself: boolean
  readonly #avoidsItself: readonly PodTerm[]

  constructor(shape: PodShape, placed: readonly Placed[], namespaces: Namespaces) {
    this.#shape = shape
    this.#namespaces = namespaces
    this.#seeksItself = shape.affinity.every((term) => this.#matches(term, shape))
    this.#avoidsItself = shape.antiAffinity.filter((term) => this.#matches(term, shape))
    for (const {pod, node} of placed) {
      for (const term of pod.antiAffinity)
        if (this.#matches(term, shape)) this.#keptAway.add(term.topologyKey, node, 1)
      for (const term of shape.antiAffinity)
        if (this.#matches(term, pod)) this.#avoided.add(term.topologyKey, node, 1)
      if (shape.affinity.length > 0 && shape.affinity.every((term) => this.#matches(term, pod)))
        for (const term of shape.affinity) this.#sought.add(term.topologyKey, node, 1)
    }
    this.#keys = new Set([
      ...this.#avoidsItself.map(({topologyKey}) => topologyKey),
      ...placed.flatMap(({pod}) => pod.antiAffinity.map(({topologyKey}) => topologyKey)),
    ])
  }

  readonly #keys: ReadonlySet<string>

  /** Whether it matters which Pod of this shape is placed first: the others have to go where it is. */
  get isOpen(): boolean {
    return this.#shape.affinity.length > 0 && this.#seeksItself && this.#sought.isEmpty
  }

  get avoidsItself(): readonly PodTerm[] {
    return this.#avoidsItself
  }

  blocker(node: Node): string | undefined {
    if (this.#shape.antiAffinity.some(({topologyKey}) => this.#avoided.has(topologyKey, node)))
      return 'anti-affinity'
    for (const key of this.#keys) if (this.#keptAway.has(key, node)) return 'anti-affinity of Pods there'
    return this.#isWhereSought(node) ? undefined : 'affinity'
  }

  add(node: Node, by: number): void {
    for (const {topologyKey} of this.#avoidsItself) {
      this.#avoided.add(topologyKey, node, by)
      this.#keptAway.add(topologyKey, node, by)
    }
    if (this.#seeksItself)
      for (const {topologyKey} of this.#shape.affinity) this.#sought.add(topologyKey, node, by)
  }

  #isWhereSought(node: Node): boolean {
    const {affinity} = this.#shape
    if (affinity.some(({topologyKey}) => node.labels[topologyKey] === undefined)) return false
    if (affinity.every(({topologyKey}) => this.#sought.has(topologyKey, node))) return true
    // The first of those that seek each other may go anywhere.
    return this.#seeksItself && this.#sought.isEmpty
  }

  #matches({selector, namespaces, namespaceSelector}: PodTerm, {namespace, labels}: PodShape): boolean {
    return (
      (namespaces.includes(namespace) || isSelected(this.#namespaces[namespace] ?? {}, namespaceSelector)) &&
      isSelected(labels, selector)
    )
  }
}

/**
 * One topology spread constraint of a shape, while more and more of its Pods are placed.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
export class SpreadOver {
  readonly topologyKey: string
  readonly countsItself: boolean
  readonly #constraint: Spread
  readonly #eligible: ReadonlySet<Node>
  readonly #counts = new Map<string, number>()
  #least: number | undefined

  constructor(constraint: Spread, shape: PodShape, nodes: readonly Node[], placed: readonly Placed[]) {
    const {topologyKey, selector, honorsNodeAffinity, honorsTaints} = constraint
    this.#constraint = constraint
    this.topologyKey = topologyKey
    this.countsItself = isSelected(shape.labels, selector)
    const eligible = nodes.filter(
      (node) =>
        shape.spread.every((other) => node.labels[other.topologyKey] !== undefined) &&
        (!honorsNodeAffinity || isWanted(node, shape)) &&
        (!honorsTaints || !untolerated(node.taints, shape.tolerations)),
    )
    this.#eligible = new Set(eligible)
    for (const node of eligible) this.#counts.set(node.labels[topologyKey] ?? '', 0)
    // The scheduler counts no Pod for a selector that is empty, though it would match all.
    if (selector?.length === 0) return
    for (const {pod, node} of placed)
      if (pod.namespace === shape.namespace && !pod.isTerminating && isSelected(pod.labels, selector))
        this.#count(node, 1)
  }

  blocker(node: Node): string | undefined {
    const value = node.labels[this.topologyKey]
    if (value === undefined) return `no label ${this.topologyKey}`
    const {maxSkew, minDomains} = this.#constraint
    this.#least ??= Math.min(Infinity, ...this.#counts.values())
    const least = this.#counts.size < minDomains ? 0 : this.#least
    const skew = (this.#counts.get(value) ?? 0) + (this.countsItself ? 1 : 0) - least
    return skew > maxSkew ? `spread over ${this.topologyKey}` : undefined
  }

  add(node: Node, by: number): void {
    if (this.countsItself && this.#constraint.selector?.length !== 0) this.#count(node, by)
  }

  #count(node: Node, by: number): void {
    if (!this.#eligible.has(node)) return
    const value = node.labels[this.topologyKey] ?? ''
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + by)
    this.#least = undefined
  }
}

/** Whether the node is one of those that the Pod's node selector and required node affinity name. */
export function isWanted(node: Node, {nodeSelector, nodeTerms}: PodShape): boolean {
  return (
    isSelected(node.labels, selectorOfLabels(nodeSelector)) &&
    (nodeTerms === undefined || nodeTerms.some((term) => isNodeSelected(node, term)))
  )
}

const isNodeSelected = (node: Node, {expressions, fields}: NodeTerm): boolean =>
  expressions.length + fields.length > 0 &&
  isSelected(node.labels, expressions) &&
  fields.every((field) => holds(field, field.key === 'metadata.name' ? node.name : undefined))

/** A Pod that is there, with its node. */
export function placedOn(pods: readonly Pod[], nodes: readonly Node[]): readonly Placed[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  return pods.flatMap((pod) => {
    const node = pod.node === undefined ? undefined : byName.get(pod.node)
    return node ? [{pod, node}] : []
  })
}
