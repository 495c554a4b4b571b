import type {DisruptionBudget, Node, Pod, Resources, Selector} from '../facts.ts'

/** A condition of any object. */
export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  /** When it became so; times are as Kubernetes writes them. */
  readonly since: string | undefined
}

/** How a container ended. */
export interface Ended {
  readonly exitCode: number
  readonly reason: string
  readonly message: string
  readonly at: string | undefined
}

export interface ContainerState {
  readonly name: string
  readonly isInit: boolean
  readonly image: string
  readonly isReady: boolean
  readonly restarts: number
  readonly waiting: {readonly reason: string; readonly message: string} | undefined
  /** Since when it runs; undefined: it does not. */
  readonly runningSince: string | undefined
  /** How it ended, where it is not started again. */
  readonly ended: Ended | undefined
  /** How the run before this one ended. */
  readonly before: Ended | undefined
  /** What the run that ended wrote last; empty where it was not asked for. */
  readonly lastLines: readonly string[]
}

export interface PodState extends Pod {
  readonly createdAt: string
  /** When its grace ends; undefined: it is not being deleted. */
  readonly deletedAt: string | undefined
  readonly phase: string
  /** Why it failed as a whole, such as Evicted. */
  readonly reason: string
  readonly message: string
  /** Its ReplicaSet. */
  readonly owner: string | undefined
  readonly conditions: readonly Condition[]
  readonly containers: readonly ContainerState[]
}

export interface NodeState extends Node {
  readonly conditions: readonly Condition[]
}

export interface DeploymentState {
  readonly name: string
  readonly generation: number
  readonly observedGeneration: number
  readonly wanted: number
  readonly ready: number
  readonly updated: number
  readonly isPaused: boolean
  readonly selector: Selector
  readonly conditions: readonly Condition[]
}

export interface ReplicaSetState {
  readonly name: string
  readonly createdAt: string
  readonly wanted: number
  /** Pods that it has made. */
  readonly made: number
  readonly conditions: readonly Condition[]
}

export interface EventState {
  /** As kubectl names it: `pod/render-1`. */
  readonly object: string
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly firstSeen: string | undefined
  readonly lastSeen: string | undefined
}

export interface BudgetState extends DisruptionBudget {
  readonly allowed: number
  readonly healthy: number
  readonly wantedHealthy: number
  readonly expected: number
}

/** An HPA or a ScaledObject of the service. */
export interface AutoscalerState {
  /** As kubectl names it. */
  readonly object: string
  readonly conditions: readonly Condition[]
}

/** Everything about one service in one cluster that says why it is not ready. */
export interface Readiness {
  readonly cluster: string
  readonly site: string
  readonly namespace: string
  /** As the fleet file names it. */
  readonly service: string
  /** Name of its Deployment. */
  readonly name: string
  /** Undefined: there is none. */
  readonly deployment: DeploymentState | undefined
  readonly replicaSets: readonly ReplicaSetState[]
  /** Of the service, also those that have ended. */
  readonly pods: readonly PodState[]
  readonly events: readonly EventState[]
  readonly nodes: readonly NodeState[]
  /** What is free on each node; looked at only while a Pod waits for one. */
  readonly room: Readonly<Record<string, Resources>>
  readonly budgets: readonly BudgetState[]
  readonly autoscalers: readonly AutoscalerState[]
}

/** In the order in which they are told where they concern as many Pods. */
export const causeKinds = [
  'deployment-missing',
  'node-not-ready',
  'admission',
  'quota',
  'config',
  'image',
  'start',
  'memory-limit',
  'crash',
  'probe',
  'volume',
  'sandbox',
  'resources',
  'cordon',
  'taint',
  'selector',
  'affinity',
  'spread',
  'ports',
  'gate',
  'unschedulable',
  'init',
  'not-scheduled-yet',
  'not-observed-yet',
  'starting',
  // Not why Pods are not ready, but why there are not more or newer ones, or what follows from it.
  'paused',
  'none-wanted',
  'autoscaler',
  'rollout',
  'deleting',
  'failed-pods',
  'budget',
] as const
export type CauseKind = (typeof causeKinds)[number]

/** One reason why a service is not ready, with all that it concerns. */
export interface Cause {
  readonly kind: CauseKind
  /** In words: `image cannot be pulled`. */
  readonly title: string
  /** Pods that it keeps from being ready, also such as are not made; 0 where it keeps none by itself. */
  readonly pods: number
  /** As kubectl names them. */
  readonly objects: readonly string[]
  readonly firstSeen: string | undefined
  /** What Kubernetes says, and what was measured. */
  readonly evidence: readonly string[]
  /** Words of the command to type next, of pp or of kubectl without what chooses the cluster. */
  readonly next: readonly string[]
}
