import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {parse} from 'yaml'
import * as z from 'zod'

import {packageRoot} from '../package-root.ts'
import type {ClusterFacts, Node} from './facts.ts'
import {costInAll, costOf, eksCapacityType, type Cost, type Prices} from './cost.ts'
import type {ClusterPlan} from './types.ts'

const schema = z.object({
  date: z.coerce.string(),
  types: z.record(z.string(), z.object({onDemand: z.number(), spot: z.number()})),
  sites: z.record(z.string(), z.number()),
})

/** The dated prices that come with pp. */
export function readPrices(): Prices {
  return schema.parse(parse(readFileSync(join(packageRoot, 'prices.yaml'), 'utf8')))
}

/** What each node costs an hour, by its name; those whose price is not known are left out. */
export function priceOfNodes({site, nodes}: {readonly site: string; readonly nodes: readonly Node[]}) {
  const prices = readPrices()
  return new Map(
    nodes.flatMap((node) => {
      const {known, unknown} = costOf(prices, site, [node.labels])
      return unknown.length > 0 ? [] : [[node.name, known] as const]
    }),
  )
}

export interface ScaleCost {
  readonly before: Cost
  readonly after: Cost
  /** Of the prices. */
  readonly date: string
}

/** What all nodes of the clusters cost an hour, before, and after node groups have grown and nodes were given back. */
export function costsOf(
  clusters: readonly ({readonly facts: ClusterFacts} & Pick<ClusterPlan, 'growth' | 'returns'>)[],
): ScaleCost {
  const prices = readPrices()
  const labels = clusters.map(({facts}) => facts.nodes.map((node) => node.labels))
  const after = clusters.map(({facts, growth, returns}) => [
    ...facts.nodes.filter(({name}) => !returns.some(({node}) => node === name)).map((node) => node.labels),
    ...growth.flatMap(({group, added}) => {
      const {model, instanceType, aws} = facts.groups.find(({name}) => name === group) ?? {}
      const type = instanceType === undefined ? {} : {'node.kubernetes.io/instance-type': instanceType}
      // As EKS labels its nodes: while there is none, the fleet file need not say so.
      const spot = aws?.isSpot ? {[eksCapacityType]: 'SPOT'} : {}
      return Array.from({length: added}, () => ({...model?.labels, ...type, ...spot}))
    }),
  ])
  const total = (of: readonly (readonly Node['labels'][])[]): Cost =>
    costInAll(of.map((nodes, index) => costOf(prices, clusters[index]?.facts.site ?? '', nodes)))
  return {before: total(labels), after: total(after), date: prices.date}
}
