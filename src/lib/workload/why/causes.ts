import {isHindered} from '../autoscalers.ts'
import {isSelected} from '../selectors.ts'
import {latest} from './container-cause.ts'
import {grouped, type Found} from './found.ts'
import {nextCommand} from './next.ts'
import {conditionOf, podCauses} from './pod-cause.ts'
import {
  causeKinds,
  type AutoscalerState,
  type Cause,
  type PodState,
  type Readiness,
  type ReplicaSetState,
} from './types.ts'

/**
 * Everything that keeps a service from being ready in one cluster, grouped, most likely cause first; pure.
 *
 * A Pod counts for each of its causes: two containers may fail for different reasons.
 *
 * @returns empty when all that is wanted is ready, and nothing stands in the way of more.
 */
export function causesOf(seen: Readiness, now: Date): readonly Cause[] {
  const found = seen.deployment
    ? [
        ...missingPods(seen),
        ...seen.pods.filter(isComing).flatMap((pod) => podCauses(pod, seen, now)),
        ...beside(seen, now),
      ]
    : [missingDeployment(seen)]
  return grouped(found, causeKinds, (kind, objects) => nextCommand(kind, objects, seen))
}

/** Pods that should be ready and are not. */
const isComing = ({isReady, isTerminating, phase}: PodState): boolean =>
  !isReady && !isTerminating && phase !== 'Failed' && phase !== 'Succeeded'

function missingDeployment({name, namespace, cluster}: Readiness): Found {
  return {
    kind: 'deployment-missing',
    about: name,
    object: `deployment/${name}`,
    pods: 0,
    firstSeen: undefined,
    evidence: [`${cluster} has no Deployment ${name} in the namespace ${namespace}`],
  }
}

/** Pods that are wanted and have not been made. */
function missingPods(seen: Readiness): readonly Found[] {
  const {deployment, replicaSets, name} = seen
  if (!deployment) return []
  if (deployment.observedGeneration < deployment.generation)
    return [
      {
        kind: 'not-observed-yet',
        about: 'deployment',
        object: `deployment/${name}`,
        pods: 0,
        firstSeen: undefined,
        evidence: [
          `generation ${deployment.generation} is declared, ${deployment.observedGeneration} was observed by its controller`,
        ],
      },
    ]
  return replicaSets
    .filter(({wanted, made}) => wanted > made)
    .map((set): Found => {
      const short = {object: `replicaset/${set.name}`, pods: set.wanted - set.made}
      const refused = refusalOf(set, seen)
      return refused
        ? {...short, ...refused}
        : {
            ...short,
            kind: 'not-observed-yet',
            about: 'replicaset',
            firstSeen: set.createdAt,
            evidence: [`${set.made} of ${set.wanted} Pods have been made, and no refusal is known`],
          }
    })
}

function refusalOf(set: ReplicaSetState, {events}: Readiness) {
  const failure = conditionOf(set.conditions, 'ReplicaFailure')
  const event = latest(
    events.filter(({object, reason}) => object === `replicaset/${set.name}` && reason === 'FailedCreate'),
  )
  const message = (failure?.status === 'True' ? failure.message : undefined) ?? event?.message
  if (message === undefined) return undefined
  // The name that the Pod would have had differs from try to try.
  const said = message
    .replace(/^(Error creating: )?pods "[^"]*" is forbidden: /, '')
    .replace(/^Error creating: /, '')
  return {
    kind: /exceeded quota|failed quota/.test(said) ? ('quota' as const) : ('admission' as const),
    about: /(?:quota|webhook|PodSecurity|serviceaccount) "[^"]+"/.exec(said)?.[0] ?? said,
    firstSeen: failure?.since ?? event?.firstSeen,
    evidence: [said],
  }
}

/** What keeps back more or newer Pods, and what follows from those that are not ready. */
function beside(seen: Readiness, now: Date): readonly Found[] {
  return [
    ...rolloutFound(seen),
    ...seen.autoscalers.flatMap(autoscalerFound),
    ...budgetsFound(seen),
    ...seen.pods.flatMap((pod) => failedFound(pod, now)),
  ]
}

function rolloutFound({deployment, name, pods}: Readiness): readonly Found[] {
  if (!deployment) return []
  const sign = {object: `deployment/${name}`, about: name, firstSeen: undefined}
  const {isPaused, updated, wanted, conditions} = deployment
  const progressing = conditionOf(conditions, 'Progressing')
  const running = pods.filter(({isTerminating, phase}) => !isTerminating && phase !== 'Failed').length
  return [
    ...(isPaused
      ? [
          {
            ...sign,
            kind: 'paused' as const,
            pods: Math.max(0, wanted - running),
            firstSeen: progressing?.reason === 'DeploymentPaused' ? progressing.since : undefined,
            evidence: [`${updated} of ${wanted} Pods are of the newest revision`],
          },
        ]
      : []),
    ...(wanted === 0
      ? [{...sign, kind: 'none-wanted' as const, pods: 0, evidence: ['spec.replicas is 0']}]
      : []),
    ...(progressing?.reason === 'ProgressDeadlineExceeded'
      ? [
          {
            ...sign,
            kind: 'rollout' as const,
            pods: 0,
            firstSeen: progressing.since,
            evidence: [progressing.message],
          },
        ]
      : []),
  ]
}

function autoscalerFound({object, conditions}: AutoscalerState): readonly Found[] {
  return conditions
    .filter((one) => isHindered(one))
    .map(({type, reason, message, since}) => ({
      kind: 'autoscaler',
      about: `${object} ${type}`,
      object,
      pods: 0,
      firstSeen: since,
      evidence: [`${type}: ${message || reason}`],
    }))
}

function budgetsFound({budgets, pods, nodes, deployment}: Readiness): readonly Found[] {
  const cordoned = new Set(nodes.filter(({isUnschedulable}) => isUnschedulable).map(({name}) => name))
  const isWaiting = pods.some(({node}) => node !== undefined && cordoned.has(node))
  const isShort = deployment !== undefined && deployment.ready < deployment.wanted
  return budgets
    .filter(
      ({allowed, expected, selector}) =>
        allowed === 0 &&
        expected > 0 &&
        (isWaiting || isShort) &&
        pods.some(({labels}) => isSelected(labels, selector)),
    )
    .map(({name, healthy, wantedHealthy, expected}) => ({
      kind: 'budget',
      about: name,
      object: `poddisruptionbudget/${name}`,
      pods: 0,
      firstSeen: undefined,
      evidence: [`${healthy} of ${expected} Pods are healthy, and ${wantedHealthy} have to stay`],
    }))
}

/** A node may be slow to report an end; more than this is no longer that. */
const overdueMs = 30_000

function failedFound({name, phase, reason, message, deletedAt, node}: PodState, now: Date): readonly Found[] {
  const sign = {object: `pod/${name}`, pods: 0}
  if (deletedAt !== undefined)
    return now.getTime() - Date.parse(deletedAt) > overdueMs
      ? [
          {
            ...sign,
            kind: 'deleting',
            about: node ?? '',
            firstSeen: deletedAt,
            evidence: [
              `its grace has ended and it is still there${node === undefined ? '' : `, on node ${node}`}`,
            ],
          },
        ]
      : []
  return phase === 'Failed'
    ? [
        {
          ...sign,
          kind: 'failed-pods',
          about: reason,
          firstSeen: undefined,
          evidence: [[reason, message].filter(Boolean).join(': ') || 'phase Failed'],
        },
      ]
    : []
}
