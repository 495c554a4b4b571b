import {changesFor} from './changes.ts'
import type {ClusterFacts} from './facts.ts'
import {sharesDown} from './plan-down.ts'
import {sharesUp} from './plan-up.ts'
import {groupsToShrink, heldInWords, surplusNodes} from './node-groups/surplus.ts'
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
  type SiteShare,
} from './types.ts'

/**
 * How a service comes to what is asked for: which fields are set in which cluster, where the new Pods fit and which node
 * groups have to grow for them; or why not.
 *
 * Clusters are filled in the order given, what is there before any node group grows, and emptied from the other end. An
 * autoscaler is moved by its bounds: whoever sets the replicas under it is overruled a moment later.
 *
 * @param priceOf what a node of a cluster costs an hour; undefined where it is not known.
 */
export function planScale(
  clusters: readonly ClusterFacts[],
  request: ScaleRequest,
  priceOf: PriceOf = () => undefined,
): ScalePlan {
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
  const shares = sharesFor(clusters, wanted, request)
  if ('kind' in shares) return shares
  const got = sum(shares.map((share) => share.wanted))
  return {
    kind: 'plan',
    now,
    wanted: got,
    short: wanted - got,
    clusters: shares.map((share) => clusterPlan(share, request, got <= now ? priceOf : undefined)),
    severe: severity(now, got, request.isProtected),
  }
}

function sharesFor(
  clusters: readonly ClusterFacts[],
  wanted: number,
  request: ScaleRequest,
): readonly Share[] | Refused {
  const named = nameIn(request)
  const {split, isPartial = false} = request.kind === 'replicas' ? request : {}
  const sharesOf = (some: readonly ClusterFacts[], number: number) => {
    const now = sum(some.map(({deployment}) => deployment.replicas))
    return number >= now ? upTo(some, number, {now, named, isPartial}) : sharesDown(some, number, named)
  }
  if (!split) return sharesOf(clusters, wanted)
  const parts = partsOf(clusters, split, `${named} ${wanted}`)
  if ('kind' in parts) return parts
  let shares: readonly Share[] = []
  for (const [index, number] of apportioned(wanted, parts).entries()) {
    const share = sharesOf(clusters.slice(index, index + 1), number)
    if ('kind' in share) return share
    shares = [...shares, ...share]
  }
  return shares
}

/** All that are wanted, or, where that is allowed, as many more as fit. */
function upTo(
  clusters: readonly ClusterFacts[],
  wanted: number,
  {now, named, isPartial}: {readonly now: number; readonly named: string; readonly isPartial: boolean},
): readonly Share[] | Refused {
  const shares = sharesUp(clusters, wanted, named)
  if (!('kind' in shares) || !isPartial || shares.fits === undefined || shares.fits < now) return shares
  return sharesUp(clusters, shares.fits, named)
}

/** The parts that each cluster gets; several of one site share alike. */
function partsOf(
  clusters: readonly ClusterFacts[],
  split: readonly SiteShare[],
  asked: string,
): readonly number[] | Refused {
  const unknown = split.find(({site}) => !clusters.some((one) => one.site === site))
  if (unknown)
    return refused(
      'SPLIT_INVALID',
      `--split names the site ${unknown.site}; it runs on ${clusters.map(({site}) => site).join(', ')}`,
      `pp scale ${asked} --split ${clusters.map(({site}) => `${site}=${Math.round(100 / clusters.length)}`).join(',')}`,
    )
  return clusters.map(({site}) => {
    const {parts = 0} = split.find((one) => one.site === site) ?? {}
    return parts / clusters.filter((one) => one.site === site).length
  })
}

/** Whole numbers in these proportions; what is left over goes to the largest fractions, the first of them first. */
export function apportioned(wanted: number, parts: readonly number[]): readonly number[] {
  const all = sum(parts)
  const exact = parts.map((part) => (wanted * part) / all)
  const whole = exact.map(Math.floor)
  const byFraction = exact
    .map((number, index) => ({index, fraction: number - Math.floor(number)}))
    .toSorted((one, other) => other.fraction - one.fraction || one.index - other.index)
  const lucky = new Set(byFraction.slice(0, wanted - sum(whole)).map(({index}) => index))
  return whole.map((number, index) => number + (lucky.has(index) ? 1 : 0))
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

type PriceOf = (cluster: string, node: string) => number | undefined

/** @param priceOf undefined: no node is given back, as more is asked for. */
function clusterPlan(
  {facts, wanted, shape, nodes, growth}: Share,
  request: ScaleRequest,
  priceOf: PriceOf | undefined,
): ClusterPlan {
  const {cluster, site, namespace, deployment, owner} = facts
  const there = facts.nodes.map(({name}) => ({
    node: name,
    pods: nodes.filter((node) => node === name).length,
  }))
  // An autoscaler goes down when its own measure allows it, and nobody knows yet which nodes that leaves.
  const isKnown = owner.kind === 'deployment' || wanted === deployment.replicas
  const isFewer = request.kind === 'replicas' && growth.length === 0 && wanted <= deployment.replicas
  const {returned: returns, held} =
    priceOf && isFewer && isKnown
      ? surplusNodes(facts, wanted, (node) => priceOf(cluster, node))
      : {returned: [], held: []}
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
    returns,
    recedes: priceOf && isFewer && !isKnown ? groupsToShrink(facts) : [],
    requests: shape?.requests ?? {},
    notes: [...notesOn({facts, wanted, shape, growth}), ...(held.length > 0 ? [heldInWords(held)] : [])],
  }
}

/** Why the name of the service has to be typed; undefined: it has not. */
export function severity(now: number, wanted: number, isProtected: boolean): string | undefined {
  if (wanted === 0 && now > 0) return 'nothing of it would run'
  return isProtected && wanted < now / 2 ? 'more than half of it would go' : undefined
}
