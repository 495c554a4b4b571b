import {inWords} from '../resources.ts'
import {untolerated} from '../selectors.ts'
import {isWanted} from '../topology.ts'
import {containerCause, latest, sandboxCause} from './container-cause.ts'
import type {Found} from './found.ts'
import {decisiveKinds, isAway, rejectionsIn} from './scheduling.ts'
import type {CauseKind, Condition, NodeState, PodState, Readiness} from './types.ts'

type Sign = Omit<Found, 'object' | 'pods'>

/** All that keeps one Pod from being ready; at least that it is still starting. */
export function podCauses(pod: PodState, seen: Readiness, now: Date): readonly Found[] {
  const object = `pod/${pod.name}`
  const signs = signsOf(pod, seen, now)
  const distinct = new Map(signs.map((sign) => [`${sign.kind} ${sign.about}`, sign]))
  return [...distinct.values()].map((sign) => ({...sign, object, pods: 1}))
}

function signsOf(pod: PodState, seen: Readiness, now: Date): readonly Sign[] {
  if (pod.node === undefined) return unplacedSigns(pod, seen)
  const node = seen.nodes.find(({name}) => name === pod.node)
  // What such a node said last of its Pods is no longer so.
  if (!node?.isReady) return [nodeSign(pod.node, node)]
  const events = seen.events.filter(({object}) => object === `pod/${pod.name}`)
  const causes = pod.containers.flatMap((container) => containerCause(container, events, now) ?? [])
  if (causes.length > 0) return causes
  const hasStarted = pod.containers.some(
    ({runningSince, ended}) => runningSince !== undefined || ended !== undefined,
  )
  const sandbox = hasStarted ? undefined : sandboxCause(pod, events)
  return [sandbox ?? gateSign(pod) ?? startingSign(pod)]
}

function nodeSign(name: string, node: NodeState | undefined): Sign {
  const ready = node?.conditions.find(({type}) => type === 'Ready')
  return {
    kind: 'node-not-ready',
    about: name,
    evidence: [
      node
        ? `node ${name}: ${[ready?.reason, ready?.message].filter(Boolean).join(': ') || 'not ready'}`
        : `node ${name} is gone`,
    ],
    firstSeen: ready?.since,
  }
}

function gateSign({conditions}: PodState): Sign | undefined {
  const ready = conditionOf(conditions, 'Ready')
  if (ready?.reason !== 'ReadinessGatesNotReady') return undefined
  return {kind: 'gate', about: 'readiness', evidence: [ready.message], firstSeen: ready.since}
}

function startingSign({containers, createdAt, phase}: PodState): Sign {
  const init = containers.find(({isInit, runningSince, isReady}) => isInit && runningSince && !isReady)
  if (init)
    return {
      kind: 'init',
      about: init.name,
      evidence: [`init container ${init.name} runs`],
      firstSeen: init.runningSince,
    }
  const states = containers
    .filter(({isReady, isInit}) => !isReady && !isInit)
    .map(({name, waiting, runningSince}) =>
      `container ${name}: ${waiting?.reason ?? (runningSince === undefined ? phase : 'runs, and no probe has failed')}`.trim(),
    )
  return {kind: 'starting', about: '', evidence: states, firstSeen: createdAt}
}

function unplacedSigns(pod: PodState, seen: Readiness): readonly Sign[] {
  const scheduled = conditionOf(pod.conditions, 'PodScheduled')
  const since = scheduled?.since ?? pod.createdAt
  if (scheduled?.reason === 'SchedulingGated')
    return [{kind: 'gate', about: 'scheduling', evidence: [scheduled.message], firstSeen: since}]
  const event = latest(
    seen.events.filter(({object, reason}) => object === `pod/${pod.name}` && reason === 'FailedScheduling'),
  )
  const message = (scheduled?.status === 'False' ? scheduled.message : undefined) || event?.message
  if (!message)
    return [
      {
        kind: 'not-scheduled-yet',
        about: '',
        evidence: ['the scheduler has said nothing of it'],
        firstSeen: pod.createdAt,
      },
    ]
  const rejections = rejectionsIn(message)
  return decisiveKinds(rejections, pod, seen.nodes).map((kind) => ({
    kind,
    about: '',
    evidence: [...measured(kind, pod, seen), message.split(/[.,] (?:preemption|no new claims)/, 1)[0] ?? ''],
    firstSeen: since,
  }))
}

const mostNodes = 4

/** What the scheduler means by it, in this Pod's and these nodes' figures. */
function measured(kind: CauseKind, pod: PodState, {nodes, room}: Readiness): readonly string[] {
  const own = nodes.filter((node) => isWanted(node, pod))
  switch (kind) {
    case 'node-not-ready':
    case 'cordon':
      return own
        .filter((node) => isAway(kind, node))
        .slice(0, mostNodes)
        .map((node) =>
          kind === 'cordon' ? `node ${node.name} is cordoned` : (nodeSign(node.name, node).evidence[0] ?? ''),
        )
    case 'taint':
      return own
        .flatMap((node) => {
          const taint = untolerated(node.taints, pod.tolerations)
          return taint ? [`node ${node.name} has ${taintInWords(taint)}, which is not tolerated`] : []
        })
        .slice(0, mostNodes)
    case 'selector':
      return Object.entries(pod.nodeSelector).map(([key, value]) => `it asks for nodes with ${key}=${value}`)
    case 'resources':
      return roomInWords(pod, own, room)
    default:
      return []
  }
}

const taintInWords = ({key, value, effect}: NodeState['taints'][number]): string =>
  `${value === '' ? key : `${key}=${value}`}:${effect}`

function roomInWords(pod: PodState, own: readonly NodeState[], room: Readiness['room']): readonly string[] {
  const asked = Object.entries(pod.requests).filter(([, amount]) => amount > 0)
  if (asked.length === 0) return []
  const free = own
    .filter((node) => room[node.name] && node.isReady && !node.isUnschedulable)
    .slice(0, mostNodes)
    .map(
      (node) =>
        `${node.name} ${asked.map(([name]) => inWords(name, Math.max(0, room[node.name]?.[name] ?? 0))).join(', ')}`,
    )
  return [
    `each takes ${asked.map(([name, amount]) => inWords(name, amount)).join(', ')}`,
    ...(free.length > 0 ? [`free: ${free.join('; ')}`] : []),
  ]
}

export const conditionOf = (conditions: readonly Condition[], type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type)
