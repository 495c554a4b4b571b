import type {Labels} from './facts.ts'
import {sum} from './sum.ts'

/** US dollars an hour. */
export interface Prices {
  readonly date: string
  readonly types: Readonly<Record<string, {readonly onDemand: number; readonly spot: number}>>
  /** Of a server of a site that is paid for anyway. */
  readonly sites: Readonly<Record<string, number>>
}

export interface Cost {
  /** US dollars an hour, of all nodes whose price is known. */
  readonly known: number
  /** Kinds of nodes whose price is not. */
  readonly unknown: readonly string[]
}

export const eksCapacityType = 'eks.amazonaws.com/capacityType'
const capacityTypes = [eksCapacityType, 'karpenter.sh/capacity-type']

/** What nodes of one site cost an hour. @param nodes their labels. */
export function costOf({types, sites}: Prices, site: string, nodes: readonly Labels[]): Cost {
  let known = 0
  const unknown = new Set<string>()
  for (const labels of nodes) {
    const type = labels['node.kubernetes.io/instance-type']
    const isSpot = capacityTypes.some((key) => labels[key]?.toLowerCase() === 'spot')
    const price = type === undefined ? undefined : types[type]
    const amount = price ? (isSpot ? price.spot : price.onDemand) : sites[site]
    if (amount === undefined) unknown.add(type ?? `a node of ${site}`)
    else known += amount
  }
  return {known, unknown: [...unknown]}
}

export const costInAll = (costs: readonly Cost[]): Cost => ({
  known: sum(costs.map(({known}) => known)),
  unknown: [...new Set(costs.flatMap(({unknown}) => unknown))],
})

/** `$0.42`, `$0.42 and c9.large (unknown)`. */
export function costInWords({known, unknown}: Cost): string {
  if (unknown.length === 0) return `$${known.toFixed(2)}`
  const rest = `${unknown.join(', ')} (unknown)`
  return known === 0 ? rest : `$${known.toFixed(2)} and ${rest}`
}
