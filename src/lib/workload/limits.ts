import type {Container, LimitRange, PodShape, Quota, Requirement, Resources, Template} from './facts.ts'
import {holds} from './selectors.ts'
import {inWords, takenBy} from './resources.ts'

/** A Pod as it will be admitted, or why it will not be. */
export type Admitted =
  | {readonly kind: 'admitted'; readonly shape: PodShape; readonly counted: Counted}
  | {readonly kind: 'rejected'; readonly because: string}

/** What quotas count of one Pod. */
export interface Counted {
  readonly requests: Resources
  readonly limits: Resources
  readonly containers: readonly Container[]
}

/**
 * What becomes of a Deployment's template: LimitRanges fill in what a container leaves out, then judge it.
 *
 * @see https://kubernetes.io/docs/concepts/policy/limit-range/
 */
export function admit(template: Template, limitRanges: readonly LimitRange[]): Admitted {
  const filled: Template = {
    ...template,
    containers: template.containers.map((container) => fill(container, limitRanges)),
    initContainers: template.initContainers.map((container) => fill(container, limitRanges)),
  }
  const all = [...filled.containers, ...filled.initContainers]
  const tooLow = all.flatMap((container) =>
    Object.entries(container.limits).filter(([name, limit]) => limit < (container.requests[name] ?? 0)),
  )[0]
  if (tooLow) {
    const [name, limit] = tooLow
    return {
      kind: 'rejected',
      because: `a container requests more than its limit of ${inWords(name, limit)}, which a LimitRange gives it`,
    }
  }
  const requests = takenBy(filled)
  const limits = takenBy(filled, 'limits')
  for (const range of limitRanges) {
    const judged = range.type === 'Container' ? all : range.type === 'Pod' ? [{requests, limits}] : []
    for (const amounts of judged) {
      const problem = problemWith(amounts, range)
      if (problem !== undefined) return {kind: 'rejected', because: `LimitRange ${range.name}: ${problem}`}
    }
  }
  return {
    kind: 'admitted',
    shape: {...template.shape, requests},
    counted: {requests, limits, containers: all},
  }
}

function fill(container: Container, limitRanges: readonly LimitRange[]): Container {
  // The API server itself requests what is limited, before any LimitRange is asked.
  let {requests, limits} = {...container, requests: {...container.limits, ...container.requests}}
  for (const range of limitRanges) {
    if (range.type !== 'Container') continue
    limits = {...range.defaultLimits, ...limits}
    requests = {...range.defaultRequests, ...requests}
  }
  return {...container, requests, limits}
}

function problemWith(
  {requests, limits}: {requests: Resources; limits: Resources},
  {type, min, max, ratio}: LimitRange,
): string | undefined {
  for (const [name, least] of Object.entries(min)) {
    const wanted = requests[name]
    if (wanted === undefined || wanted < least)
      return `a ${type} requests ${wanted === undefined ? `no ${name}` : inWords(name, wanted)}, at least ${inWords(name, least)} is asked for`
  }
  for (const [name, most] of Object.entries(max)) {
    const limit = limits[name]
    if (limit === undefined || limit > most)
      return `a ${type} has ${limit === undefined ? `no limit of ${name}` : `a limit of ${inWords(name, limit)}`}, at most ${inWords(name, most)} is allowed`
  }
  for (const [name, times] of Object.entries(ratio)) {
    const [limit, wanted] = [limits[name], requests[name]]
    if (limit === undefined || wanted === undefined || limit > wanted * times)
      return `a ${type} may have a limit of ${name} ${times} times its request`
  }
  return undefined
}

/** How many more Pods a quota lets in. */
export interface QuotaRoom {
  readonly pods: number
  /** The quota and the resource that decide it. */
  readonly because: string
}

/** The tightest quota; undefined when none counts these Pods. */
export function quotaRoom(
  shape: PodShape,
  counted: Counted,
  quotas: readonly Quota[],
): QuotaRoom | undefined {
  const rooms = quotas
    .filter(({scopes}) => scopes.every((scope) => isInScope(scope, shape, counted)))
    .flatMap(({name, hard, used}) =>
      Object.entries(hard).map(([resource, most]): QuotaRoom => {
        const each = countedBy(resource, counted)
        if (each === undefined)
          return {pods: 0, because: `ResourceQuota ${name}: every container must say its ${resource}`}
        const kind = resource.replace(/^(requests|limits)\./, '')
        const left = Math.max(0, most - (used[resource] ?? 0))
        return {
          pods: each === 0 ? Infinity : Math.floor(left / each),
          because: `ResourceQuota ${name}: ${resource} has ${inWords(kind, left)} left of ${inWords(kind, most)}`,
        }
      }),
    )
  return rooms.toSorted((one, other) => one.pods - other.pods).find(({pods}) => pods !== Infinity)
}

/** What one Pod takes of a quota's resource; undefined: a container has to say it and does not. */
function countedBy(resource: string, {requests, limits, containers}: Counted): number | undefined {
  if (resource === 'pods' || resource === 'count/pods') return 1
  const [, kind = 'requests', name = ''] =
    /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage|hugepages-.+|.+\/.+)$/.exec(resource) ?? []
  if (name === '' || name.startsWith('count/') || name.includes('storageclass')) return 0 // claims and other objects
  const key = kind === 'limits' ? 'limits' : 'requests'
  const mustBeSaid = name === 'cpu' || name === 'memory'
  if (mustBeSaid && containers.some((container) => container[key][name] === undefined)) return undefined
  return (key === 'limits' ? limits : requests)[name] ?? 0
}

function isInScope(scope: Requirement, shape: PodShape, {containers}: Counted): boolean {
  const asksForNothing = containers.every((container) =>
    ['cpu', 'memory'].every((name) => !container.requests[name] && !container.limits[name]),
  )
  switch (scope.key) {
    case 'BestEffort':
      return asksForNothing
    case 'NotBestEffort':
      return !asksForNothing
    case 'NotTerminating':
      return true // a Deployment's Pods have no deadline
    case 'PriorityClass':
      return holds(scope, shape.priorityClass)
    case 'CrossNamespacePodAffinity':
      return [...shape.affinity, ...shape.antiAffinity].some(
        ({namespaces, namespaceSelector}) =>
          namespaceSelector !== undefined || namespaces.some((name) => name !== shape.namespace),
      )
    default:
      return false
  }
}
