import type {PodTemplate} from './facts.ts'
import type {Share} from './share.ts'

/** What one cluster shall run, and ran before. */
export interface Target {
  readonly cluster: string
  readonly site: string
  readonly from: PodTemplate
  readonly to: PodTemplate
  /** Whether all Pods ran `from` when this was begun; what did not is not waited for on the way back. */
  readonly wasRolledOut: boolean
  /** Number of the revision that is gone back to; undefined: a new one. */
  readonly revision: number | undefined
  /** How the canary gets its requests; undefined: there is none. */
  readonly share?: Share | undefined
}

export interface CanaryIntent {
  readonly percent: number
  /** How long it is looked at before it is judged, seconds. */
  readonly seconds: number
}

/** What is asked for, before anything is looked at. */
export type RolloutRequest = {
  /** Only its clusters there; all when undefined. */
  readonly site?: string | undefined
  /** How long the Pods of one cluster may take to be ready, seconds. */
  readonly patienceSeconds: number
} & (
  | {
      readonly operation: 'deploy'
      /** Tag, digest or reference; undefined: what the first cluster runs, for the others. */
      readonly image?: string | undefined
      readonly canary?: CanaryIntent | undefined
    }
  | {
      readonly operation: 'rollback'
      /** Number of a revision; undefined: in each cluster the one before. */
      readonly to?: number | undefined
    }
)

/** A deploy or a rollback, resolved. One site is done before the next one is begun. */
export interface RolloutIntent {
  readonly service: string
  readonly deployment: string
  readonly operation: 'deploy' | 'rollback'
  /** Only its clusters there; all when undefined. */
  readonly site: string | undefined
  readonly targets: readonly Target[]
  /** Arguments with which the new image plays its migrations, in the first cluster: they share the database. */
  readonly migrate: readonly string[] | undefined
  readonly canary: CanaryIntent | undefined
  /** How long the Pods of one cluster may take to be ready, seconds. */
  readonly patienceSeconds: number
}

export type RolloutStep =
  | {readonly kind: 'migrate'; readonly cluster: string; readonly args: readonly string[]}
  | {readonly kind: 'start-canary'; readonly cluster: string; readonly replicas: number}
  | {readonly kind: 'route-canary'; readonly cluster: string; readonly percent: number}
  | {readonly kind: 'judge-canary'; readonly cluster: string; readonly seconds: number}
  | {readonly kind: 'replace'; readonly cluster: string; readonly image: string}
  | {readonly kind: 'roll'; readonly cluster: string; readonly image: string}
  | {readonly kind: 'end-canary'; readonly cluster: string}
