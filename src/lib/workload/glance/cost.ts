import {costInAll, type Cost} from '../cost.ts'
import {readPrices} from '../prices.ts'
import type {ClusterGlance} from './types.ts'

/** What all nodes of the fleet's clusters cost an hour. */
export interface FleetCost extends Cost {
  /** Of the prices. */
  readonly date: string
}

/** What a cluster costs that could not be looked at is named as unknown. */
export const costOfClusters = (clusters: readonly ClusterGlance[]): FleetCost => ({
  ...costInAll(clusters.map(({cluster, cost}) => cost ?? {known: 0, unknown: [`nodes of ${cluster}`]})),
  date: readPrices().date,
})
