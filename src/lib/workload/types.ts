import type {ClusterFacts, NodeGroup, Owner, PodShape, Resources} from './facts.ts'
import type {Target} from './target.ts'
import type {Stretch} from './until.ts'

export type ScaleRequest = {
  readonly service: string
  /** Only its clusters there; all when undefined. */
  readonly site: string | undefined
  /** Severe acts ask for the service's name. */
  readonly isProtected: boolean
  /** When it is given back by itself; undefined: never. */
  readonly until?: Stretch | undefined
} & (
  | {
      readonly kind: 'replicas'
      readonly target: Target
      /** How much of all each site gets, as it was typed; the sites' order decides when left out. */
      readonly split?: readonly SiteShare[] | undefined
      /** As many as fit, when not all do. */
      readonly isPartial?: boolean
    }
  /** Of the autoscaler, in one cluster; undefined: as it is. */
  | {readonly kind: 'bounds'; readonly min: number | undefined; readonly max: number | undefined}
)

/** Parts of a whole; what they sum up to does not matter. */
export interface SiteShare {
  readonly site: string
  readonly parts: number
}

/** One field that is set. */
export interface Change {
  /** As kubectl names it: `scaledobject/render`. */
  readonly object: string
  readonly field:
    | 'spec.replicas'
    | 'spec.minReplicas'
    | 'spec.maxReplicas'
    | 'spec.minReplicaCount'
    | 'spec.maxReplicaCount'
    | 'spec.triggers'
  readonly from: FieldValue
  readonly to: FieldValue
}

/** Of `spec.triggers`: what KEDA's trigger of pp's is told, as text. Null: it is not set. */
export type FieldValue = number | string | null

export interface Growth {
  readonly group: string
  /** Nodes that it has, or is to have already. */
  readonly from: number
  readonly to: number
  /** Nodes that are awaited: the new ones, and those that are on their way. */
  readonly added: number
  readonly maker: NodeGroup['maker']
  /** Nodes that are there. */
  readonly present: readonly string[]
  readonly max: number
  /** How many more Pods fit with the new nodes. */
  readonly pods: number
  readonly zones: readonly string[]
  readonly instanceType: string | undefined
}

/** A node that is not needed any more, and its instance. */
export interface Returned {
  readonly group: string
  readonly node: string
  readonly instance: string
}

/** What one cluster will have. */
export interface Share {
  readonly facts: ClusterFacts
  readonly wanted: number
  /** Undefined where no Pod is added. */
  readonly shape: PodShape | undefined
  /** The node of each Pod that has none yet: a node that is there, or one of a group that grows. */
  readonly nodes: readonly string[]
  readonly growth: readonly Growth[]
}

export interface ClusterPlan {
  readonly cluster: string
  readonly site: string
  readonly namespace: string
  readonly deployment: string
  readonly owner: Owner
  readonly now: number
  readonly wanted: number
  readonly changes: readonly Change[]
  /** How many Pods fit on which node that is there, by first fit. */
  readonly placements: readonly {readonly node: string; readonly pods: number}[]
  readonly growth: readonly Growth[]
  /** Nodes that are given back when the Pods have gone. */
  readonly returns: readonly Returned[]
  /** Node groups that give back what is free once the autoscaler has gone down; which nodes that are is only known then. */
  readonly recedes: readonly string[]
  /** Of one Pod. */
  readonly requests: Resources
  /** What the operator should know, in words. */
  readonly notes: readonly string[]
}

export interface Refused {
  readonly kind: 'refused'
  readonly code: string
  readonly reason: string
  readonly hint: string
  /** How many would be all right; undefined: none, or it is not about how many. */
  readonly fits?: number
}

export type ScalePlan =
  | {
      readonly kind: 'plan'
      readonly now: number
      readonly wanted: number
      /** How many of those that were asked for do not fit. */
      readonly short: number
      readonly clusters: readonly ClusterPlan[]
      /** Why the service's name has to be typed; undefined: it has not. */
      readonly severe: string | undefined
    }
  | Refused

export const refused = (code: string, reason: string, hint: string, fits?: number): Refused => ({
  kind: 'refused',
  code,
  reason,
  hint,
  ...(fits === undefined ? {} : {fits}),
})
