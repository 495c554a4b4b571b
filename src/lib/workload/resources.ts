import {formatSize} from '../size.ts'
import type {Resources, Template} from './facts.ts'

const factors: Readonly<Record<string, number>> = {
  n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
} // prettier-ignore

/**
 * A quantity such as `100m`, `1.5Gi` or `2e3`, rounded up as the scheduler does; undefined when it is none.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(resource: string, text: string): number | undefined {
  const [, number, suffix = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkKMGTPE]?i?)$/.exec(text) ?? []
  const factor = factors[suffix]
  if (number === undefined || factor === undefined) return undefined
  const scale = resource === 'cpu' ? 1000 : 1
  // What is a whole number but for the error of the multiplication is one.
  return Math.ceil(Number((Number(number) * factor * scale).toPrecision(15)))
}

export function add(one: Resources, other: Resources): Resources {
  const sum: Record<string, number> = {...one}
  for (const [name, amount] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + amount
  return sum
}

function most(one: Resources, other: Resources): Resources {
  const larger: Record<string, number> = {...one}
  for (const [name, amount] of Object.entries(other)) larger[name] = Math.max(larger[name] ?? 0, amount)
  return larger
}

/**
 * What a Pod takes of its node: its containers together, or its largest init container beside the sidecars that were
 * started before it, whichever is more; and its overhead.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function takenBy(
  {containers, initContainers, podRequests, overhead}: Omit<Template, 'shape' | 'unseen'>,
  key: 'requests' | 'limits' = 'requests',
): Resources {
  let running = containers.reduce<Resources>((sum, container) => add(sum, container[key]), {})
  let sidecars: Resources = {}
  let starting: Resources = {}
  for (const {isSidecar, [key]: amounts} of initContainers) {
    starting = most(starting, add(sidecars, amounts))
    if (!isSidecar) continue
    sidecars = add(sidecars, amounts)
    running = add(running, amounts)
  }
  const whole = {...most(running, starting), ...(key === 'requests' ? podRequests : {})}
  // What has no limit gets none by its overhead.
  const added = Object.entries(overhead).filter(([name]) => key === 'requests' || name in whole)
  return add(whole, Object.fromEntries(added))
}

/** `1 cpu`, `250m cpu`, `1 GiB memory`. */
export function inWords(resource: string, amount: number): string {
  if (resource === 'cpu') return amount % 1000 === 0 ? `${amount / 1000} cpu` : `${amount}m cpu`
  if (resource === 'memory' || resource.endsWith('storage')) return `${sizeInWords(amount)} ${resource}`
  return `${amount} ${resource}`
}

function sizeInWords(bytes: number): string {
  for (const [unit, factor] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
  ] as const)
    // prettier-ignore
    if (bytes >= factor) return `${Number((bytes / factor).toFixed(1))} ${unit}`
  return formatSize(bytes)
}
