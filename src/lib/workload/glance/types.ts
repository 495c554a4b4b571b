import type {Cost} from '../cost.ts'
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
  /** Null: it has none. */
  readonly autoscaler: AutoscalerGlance | null
}

/** What an HPA makes of a service, as its status says. */
export interface AutoscalerGlance {
  /** Null: KEDA has made none for its ScaledObject. */
  readonly hpa: string | null
  /** Replicas that there were when it last looked; null: not known. */
  readonly current: number | null
  /** Replicas that it wants; null: not known. */
  readonly desired: number | null
  /** Conditions in which it, or its ScaledObject, does not work as it should. */
  readonly problems: readonly AutoscalerProblem[]
}

export interface AutoscalerProblem {
  /** As kubectl names it. */
  readonly object: string
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
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
  /** Of all its nodes; null: they are not known. */
  readonly cost: Cost | null
  readonly services: readonly ServiceGlance[]
}
