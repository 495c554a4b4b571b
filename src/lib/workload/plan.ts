import {changesFor} from './changes.ts'
import type {ClusterFacts} from './facts.ts'
import {sharesDown} from './plan-down.ts'
import {sharesUp} from './plan-up.ts'
import {notesOn} from './notes.ts'
import {sum} from './sum.ts'
import {wantedReplicas} from './target.ts'
import {
  refused,
  type ClusterPlan,
  type Refused,
  type ScalePlan,
  type ScaleRequest,
  type Share,
} from './types.ts'

/**
 * How a service comes to what is asked for: which fields are set in which cluster, where the new Pods fit and which node
 * groups have to grow for them; or why not.
 *
 * Clusters are filled in the order given, what is there before any node group grows, and emptied from the other end. An
 * autoscaler is moved by its bounds: whoever sets the replicas under it is overruled a moment later.
 */
export function planScale(clusters: readonly ClusterFacts[], request: ScaleRequest): ScalePlan {
  const named = nameIn(request)
  const problem = clusters.map((facts) => ownerProblem(facts) ?? boundsProblem(facts, request)).find(Boolean)
  if (problem) return problem
  const now = sum(clusters.map(({deployment}) => deployment.replicas))
  const wanted =
    request.kind === 'replicas'
      ? wantedReplicas(request.target, now)
      : sum(clusters.map((facts) => withinBounds(facts, request)))
  if (wanted < 0)
    return refused(
      'TARGET_BELOW_ZERO',
      `${request.service} has ${now} now; ${now - wanted} fewer is less than none`,
      `pp scale ${named} 0 --plan`,
    )
  const shares = wanted >= now ? sharesUp(clusters, wanted, named) : sharesDown(clusters, wanted, named)
  if ('kind' in shares) return shares
  return {
    kind: 'plan',
    now,
    wanted,
    clusters: shares.map((share) => clusterPlan(share, request)),
    severe: severity(now, wanted, request.isProtected),
  }
}

/** As it is typed. */
const nameIn = ({service, site}: ScaleRequest): string =>
  site === undefined ? service : `${service} --site ${site}`

function ownerProblem({cluster, namespace, owner, deployment}: ClusterFacts): Refused | undefined {
  if (owner.kind === 'several')
    return refused(
      'SEVERAL_AUTOSCALERS',
      `${cluster}: ${owner.names.join(' and ')} all set the replicas of ${deployment.name}, each against the others`,
      `kubectl delete --namespace ${namespace} ${owner.names.at(-1) ?? ''}`,
    )
  if (owner.kind === 'keda' && owner.isPaused)
    return refused(
      'AUTOSCALER_PAUSED',
      `${cluster}: scaledobject/${owner.name} is paused, so its bounds decide nothing`,
      `kubectl annotate --namespace ${namespace} scaledobject ${owner.name} autoscaling.keda.sh/paused- autoscaling.keda.sh/paused-replicas-`,
    )
  return undefined
}

function boundsProblem(
  {cluster, owner, deployment}: ClusterFacts,
  request: ScaleRequest,
): Refused | undefined {
  if (request.kind !== 'bounds' || owner.kind === 'several') return undefined
  const hint = `pp scale ${nameIn(request)} ${request.min ?? deployment.replicas} --plan`
  if (owner.kind === 'deployment')
    return refused(
      'NO_AUTOSCALER',
      `${cluster}: no autoscaler owns ${deployment.name}, so there are no bounds`,
      hint,
    )
  const [min, max] = [request.min ?? owner.min, request.max ?? owner.max]
  const lowest = owner.kind === 'hpa' ? 1 : 0
  if (min <= max && max >= 1 && min >= lowest) return undefined
  return refused('BOUNDS_INVALID', `${cluster}: ${owner.name} would be kept between ${min} and ${max}`, hint)
}

/** What the autoscaler makes of the replicas that there are when its bounds change. */
function withinBounds(
  {owner, deployment}: ClusterFacts,
  {min, max}: ScaleRequest & {kind: 'bounds'},
): number {
  if (owner.kind === 'deployment' || owner.kind === 'several') return deployment.replicas
  return Math.min(Math.max(deployment.replicas, min ?? owner.min), max ?? owner.max)
}

function clusterPlan({facts, wanted, shape, nodes, growth}: Share, request: ScaleRequest): ClusterPlan {
  const {cluster, site, namespace, deployment, owner} = facts
  const there = facts.nodes.map(({name}) => ({
    node: name,
    pods: nodes.filter((node) => node === name).length,
  }))
  return {
    cluster,
    site,
    namespace,
    deployment: deployment.name,
    owner,
    now: deployment.replicas,
    wanted,
    changes: changesFor(facts, wanted, request),
    placements: there.filter(({pods}) => pods > 0),
    growth,
    requests: shape?.requests ?? {},
    notes: notesOn(facts, wanted, shape),
  }
}

function severity(now: number, wanted: number, isProtected: boolean): string | undefined {
  if (wanted === 0 && now > 0) return 'nothing of it would run'
  return isProtected && wanted < now / 2 ? 'more than half of it would go' : undefined
}
