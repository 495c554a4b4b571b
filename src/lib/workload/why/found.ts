import {sum} from '../sum.ts'
import type {Cause, CauseKind} from './types.ts'

/** One sign of a cause, at one object; signs of the same kind about the same thing are one cause. */
export interface Found {
  readonly kind: CauseKind
  /** The image, the exit code, the node: what tells two causes of one kind apart. */
  readonly about: string
  readonly object: string
  /** Pods that it keeps from being ready. */
  readonly pods: number
  readonly firstSeen: string | undefined
  readonly evidence: readonly string[]
}

const titles: Readonly<Record<CauseKind, string>> = {
  'deployment-missing': 'there is no such Deployment',
  'node-not-ready': 'node is not ready',
  admission: 'Pods are not let in',
  quota: 'quota is used up',
  config: 'configuration or secret is missing',
  image: 'image cannot be pulled',
  start: 'container cannot be started',
  'memory-limit': 'killed for its memory limit',
  crash: 'crashes',
  probe: 'probe fails',
  volume: 'volume is not there',
  sandbox: 'no sandbox or network for the Pod',
  resources: 'no room on the nodes',
  cordon: 'node is cordoned',
  taint: 'taint keeps it away',
  selector: 'no node matches its selector',
  affinity: 'Pod affinity keeps it away',
  spread: 'spread keeps it away',
  ports: 'port of the node is taken',
  gate: 'held by a gate',
  unschedulable: 'cannot be scheduled',
  init: 'init container still runs',
  'not-scheduled-yet': 'scheduler has not looked yet',
  'not-observed-yet': 'controllers have not acted yet',
  starting: 'still starting',
  paused: 'rollout is paused',
  'none-wanted': 'no replica is wanted',
  autoscaler: 'autoscaler does not work as it should',
  rollout: 'rollout is stuck',
  deleting: 'Pods do not go away',
  'failed-pods': 'Pods have failed as a whole',
  budget: 'no Pod may be evicted',
}

/** What is not wrong yet, and what follows from others or is beside them: told last. */
const coming: readonly CauseKind[] = ['init', 'not-scheduled-yet', 'not-observed-yet', 'starting']
const beside: readonly CauseKind[] = [
  'autoscaler', 'rollout', 'deleting', 'failed-pods', 'budget',
] // prettier-ignore

/**
 * Signs as causes, most likely first: what is wrong before what is only under way and what follows from it, then by how many
 * Pods it keeps from being ready.
 *
 * @param order of kinds that concern as many Pods.
 */
export function grouped(
  found: readonly Found[],
  order: readonly CauseKind[],
  next: (kind: CauseKind, objects: readonly string[]) => readonly string[],
): readonly Cause[] {
  const groups = Object.values(Object.groupBy(found, ({kind, about}) => `${kind} ${about}`))
  return groups
    .flatMap((signs = []): Cause[] => {
      const sorted = signs.toSorted((a, b) => a.object.localeCompare(b.object))
      const [first] = sorted
      if (!first) return []
      const objects = [...new Set(sorted.map(({object}) => object))]
      return [
        {
          kind: first.kind,
          title: titles[first.kind],
          pods: sum(sorted.map(({pods}) => pods)),
          objects,
          firstSeen: sorted.flatMap(({firstSeen}) => firstSeen ?? []).toSorted()[0],
          // Of one, since the others say the same, or write the same in other words.
          evidence: first.evidence,
          next: next(first.kind, objects),
        },
      ]
    })
    .toSorted(
      (a, b) =>
        rank(a.kind) - rank(b.kind) ||
        b.pods - a.pods ||
        order.indexOf(a.kind) - order.indexOf(b.kind) ||
        (a.objects[0] ?? '').localeCompare(b.objects[0] ?? ''),
    )
}

const rank = (kind: CauseKind): number => (beside.includes(kind) ? 2 : coming.includes(kind) ? 1 : 0)
