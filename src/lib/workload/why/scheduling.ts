import {untolerated} from '../selectors.ts'
import {isWanted} from '../topology.ts'
import type {CauseKind, NodeState, PodState} from './types.ts'

/** Why the scheduler could not use some of the nodes. */
export interface Rejection {
  readonly kind: CauseKind
  /** How many nodes; undefined where it is about the Pod itself. */
  readonly nodes: number | undefined
  /** In the scheduler's words. */
  readonly text: string
}

/**
 * Reasons in a message of the scheduler, such as `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated
 * taint(s). preemption: …`. What it says of preemption follows from them and is left out.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/framework/types.go FitError
 */
export function rejectionsIn(message: string): readonly Rejection[] {
  const [, said = message] = /^\d+\/\d+ nodes are available: (.*)$/s.exec(message) ?? []
  const own = said.split(/[.,] (?:preemption|no new claims to deallocate)\b/, 1)[0] ?? ''
  return own
    .replace(/\.$/, '')
    .split(/, (?=\d+ )/)
    .filter((text) => text !== '')
    .map((text) => {
      const [, count, reason = text] = /^(\d+) (.*)$/s.exec(text) ?? []
      return {
        kind: kindOf(reason),
        nodes: count === undefined ? undefined : Number(count),
        text: reason.replace('node(s) ', ''),
      }
    })
}

const patterns: readonly (readonly [RegExp, CauseKind])[] = [
  [
    /untolerated taint\(?s?\)? \{node\.kubernetes\.io\/(not-ready|unreachable|network-unavailable)/,
    'node-not-ready',
  ],
  [/were unschedulable|taint\(?s?\)? \{node\.kubernetes\.io\/unschedulable/, 'cordon'],
  [/taint/, 'taint'],
  [/^Insufficient |^Too many pods/, 'resources'],
  [/node affinity\/selector|requested node name/, 'selector'],
  [/topology spread/, 'spread'],
  [/affinity/, 'affinity'],
  [/free ports/, 'ports'],
  [/[Vv]olume|persistentvolumeclaim|PersistentVolume/, 'volume'],
]

const kindOf = (reason: string): CauseKind =>
  patterns.find(([pattern]) => pattern.test(reason))?.[1] ?? 'unschedulable'

/** The scheduler's filters in their order; a node is rejected by the first that it does not pass. */
const filters: readonly CauseKind[] = [
  'cordon',
  'node-not-ready',
  'taint',
  'selector',
  'ports',
  'resources',
  'unschedulable',
  'volume',
  'spread',
  'affinity',
]

/**
 * Which of the rejections keep a Pod waiting.
 *
 * Most nodes are not for it by intention: others' pools, control planes. What stops it is what the nodes lack that came
 * furthest, since all before that was passed; and every node of its own that is cordoned, tainted or not ready.
 */
export function decisiveKinds(
  rejections: readonly Rejection[],
  pod: PodState,
  nodes: readonly NodeState[],
): readonly CauseKind[] {
  const own = nodes.filter((node) => isWanted(node, pod))
  const kinds = new Set(rejections.map(({kind}) => kind))
  if (own.length === 0 && kinds.has('selector')) return ['selector']
  const missing = (['node-not-ready', 'cordon'] as const).filter((kind) =>
    own.some((node) => isAway(kind, node)),
  )
  const hasOwnTaint = own.some(
    (node) =>
      !missing.some((kind) => isAway(kind, node)) && untolerated(node.taints, pod.tolerations) !== undefined,
  )
  const ordinary = filters.filter(
    (kind) =>
      kinds.has(kind) &&
      !(kind === 'selector' && own.length > 0) &&
      !(kind === 'taint' && own.length > 0 && !hasOwnTaint) &&
      !(kind === 'cordon' || kind === 'node-not-ready'),
  )
  // With a node of its own away, taints and selectors of the others say only that they were never meant for it.
  const furthest = ordinary
    .filter((kind) => missing.length === 0 || (kind !== 'taint' && kind !== 'selector'))
    .at(-1)
  const found = [...missing, ...(furthest === undefined ? [] : [furthest])]
  return found.length > 0 ? found : [[...kinds][0] ?? 'unschedulable']
}

export const isAway = (kind: 'node-not-ready' | 'cordon', node: NodeState): boolean =>
  kind === 'cordon' ? node.isUnschedulable : !node.isReady
