import type {Owner} from '../facts.ts'

/** Nodes that come and go together. */
export interface PoolGlance {
  readonly name: string
  readonly ready: number
  readonly total: number
  /** Null: the fleet file does not say. */
  readonly max: number | null
}

/** A service in one cluster, as its Deployment says. */
export interface ServiceGlance {
  readonly service: string
  /** Null: there is no such Deployment. */
  readonly ready: number | null
  readonly wanted: number | null
  readonly image: string | null
  readonly owner: Owner | null
}

/** One cluster at a glance. */
export interface ClusterGlance {
  readonly cluster: string
  readonly site: string
  /** Why it could not be looked at; all that follows is empty then. */
  readonly problem: string | null
  readonly pools: readonly PoolGlance[]
  /** Nodes that are not ready, and why. */
  readonly notReady: readonly {readonly node: string; readonly reason: string}[]
  readonly cordoned: readonly string[]
  readonly services: readonly ServiceGlance[]
}
