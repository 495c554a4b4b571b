/** A Pod template as the API server gives it; only what is named here is looked at, all of it is kept. */
export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>> | undefined
    readonly annotations?: Readonly<Record<string, string>> | undefined
    readonly [name: string]: unknown
  }
  readonly spec: {
    readonly containers: readonly Container[]
    readonly [name: string]: unknown
  }
  readonly [name: string]: unknown
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly [name: string]: unknown
}

/** What a Deployment once ran, as one of its ReplicaSets keeps it. */
export interface Revision {
  readonly number: number
  readonly replicaSet: string
  readonly template: PodTemplate
  readonly createdAt: string
  /** As whoever made it wrote down: the annotation kubernetes.io/change-cause. */
  readonly cause: string | undefined
}

/** A Deployment's own account of where its rollout stands. */
export interface Progress {
  readonly wanted: number
  /** Of the template in force. */
  readonly updated: number
  /** Of any template. */
  readonly total: number
  readonly available: number
  /** Whether the controller has seen the latest template; the counts speak of an older one before. */
  readonly isObserved: boolean
  readonly isPaused: boolean
  /** What the controller says when the rollout does not come on within its deadline. */
  readonly stuck: string | undefined
}

/** How a Deployment replaces its Pods; numbers of Pods, or parts of them such as `25%`. */
export type Strategy =
  | {readonly kind: 'Recreate'}
  | {readonly kind: 'RollingUpdate'; readonly maxSurge: Amount; readonly maxUnavailable: Amount}
export type Amount = number | string

export interface Canary {
  readonly name: string
  readonly template: PodTemplate
  readonly progress: Progress
  /** The operation that made it. */
  readonly operation: string | undefined
}

/** What an operation has made so that an Ingress leads a part of the requests to a canary. */
export interface CanaryRoute {
  /** Of its Service and its Ingress. */
  readonly name: string
  readonly operation: string
  readonly hasService: boolean
  /** Percent of the requests, by its Ingress; undefined: there is none. */
  readonly weight: number | undefined
}

/** A service's rollout in one cluster, as it is now. */
export interface RolloutFacts {
  readonly cluster: string
  readonly site: string
  readonly namespace: string
  readonly deployment: string
  readonly template: PodTemplate
  readonly selector: Readonly<Record<string, string>>
  readonly strategy: Strategy
  readonly progress: Progress
  /** Newest first, the one in force among them. */
  readonly revisions: readonly Revision[]
  readonly canary: Canary | undefined
  readonly route: CanaryRoute | undefined
}
