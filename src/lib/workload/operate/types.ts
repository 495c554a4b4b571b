import type {JournalRecord} from '../../operation/journal.ts'
import type {Change, FieldValue} from '../types.ts'
import type {Stretch} from '../until.ts'

export type FieldName = Change['field']

/** An entry of `metadata.managedFields`: who owns a field, and by what kind of write. */
export interface FieldOwner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string | undefined
}

/** A field of one object in one cluster. */
export interface FieldPlace {
  readonly cluster: string
  /** As kubectl names it: `scaledobject/render`. */
  readonly object: string
  readonly field: FieldName
}

/** As it is now; `value` null: it is not set. */
export interface FieldState extends FieldPlace {
  readonly value: FieldValue
  readonly owners: readonly FieldOwner[]
}

/** What was there before `pp` set a field, and what `pp` has set. */
export interface FieldSet extends FieldPlace {
  readonly was: FieldValue
  readonly owners: readonly FieldOwner[]
  readonly to: FieldValue
  /** What an earlier `--until` of pp's holds there, and what is set over it; `was` is what it was before that one. */
  readonly over?: FieldValue | undefined
}

/** What one cluster is to come to. */
export interface ClusterIntent {
  readonly cluster: string
  readonly site: string
  readonly namespace: string
  readonly deployment: string
  readonly owner: 'deployment' | 'hpa' | 'keda'
  readonly now: number
  readonly wanted: number
  /** False where an autoscaler goes down when its own measure allows it. */
  readonly isAwaited: boolean
  readonly fields: readonly (Omit<FieldPlace, 'cluster'> & {readonly to: FieldValue})[]
}

export interface ScaleIntent {
  readonly service: string
  readonly site: string | undefined
  readonly clusters: readonly ClusterIntent[]
  readonly waitSeconds: number
  readonly undoOnTimeout: boolean
  /** What an ended operation has set, to be given back. */
  readonly undo:
    | {
        readonly operation: string
        readonly fields: readonly FieldSet[]
        /** Whether clusters may be about to give it back by themselves. */
        readonly isScheduled?: boolean | undefined
      }
    | undefined
  /** When it is given back by itself, and what earlier ones that are still in force have set. */
  readonly until?: (Stretch & {readonly earlier: readonly FieldSet[]}) | undefined
}

/** What an operation acts on, as the latest look found it. */
export interface ScaleState {
  readonly fields: readonly FieldState[]
  readonly clusters: readonly ClusterState[]
}

export interface ClusterState {
  readonly cluster: string
  /** Of the Deployment; undefined: the cluster does not answer. */
  readonly replicas: number | undefined
  readonly ready: number | undefined
  readonly problem: string | undefined
  /** The operation for which the cluster gives the service back by itself, where that was asked for. */
  readonly scheduled?: string | undefined
}

export type ScaleStep =
  /** Makes the cluster give back what is set after it, when the time is over. */
  | {
      readonly kind: 'schedule'
      readonly cluster: string
      readonly at: string
      readonly fields: readonly FieldSet[]
    }
  | {readonly kind: 'unschedule'; readonly cluster: string; readonly operation: string | undefined}
  /** Says which Pods go first, by their deletion cost. */
  | {readonly kind: 'choose'; readonly cluster: string; readonly count: number}
  | {
      readonly kind: 'set'
      readonly cluster: string
      readonly object: string
      /** With what is there before, so that it is written down before the act. */
      readonly fields: readonly FieldSet[]
    }
  | {
      readonly kind: 'ready'
      readonly clusters: readonly {readonly cluster: string; readonly wanted: number}[]
    }
  | {
      readonly kind: 'restore'
      readonly cluster: string
      readonly object: string
      readonly fields: readonly FieldSet[]
    }
  /** What somebody else has set since stays, and is told. */
  | {
      readonly kind: 'leave'
      readonly cluster: string
      readonly object: string
      readonly fields: readonly LeftField[]
    }
  | {readonly kind: 'unchoose'; readonly cluster: string}

export interface LeftField {
  readonly field: FieldName
  readonly value: FieldValue
  readonly to: FieldValue
  readonly was: FieldValue
}

export type Records = readonly JournalRecord[]

/** The manager under which `pp` owns fields. */
export const fieldManager = 'pp'

export const samePlace = (one: FieldPlace, other: FieldPlace): boolean =>
  one.cluster === other.cluster && one.object === other.object && one.field === other.field
