import type {JournalRecord} from '../../operation/journal.ts'
import type {Change, FieldValue, Returned} from '../types.ts'
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
  /** Node groups that pp lets grow first. */
  readonly growth: readonly GroupGrowth[]
  /** Nodes that are given back when the Pods have gone. */
  readonly returns: readonly Returned[]
  /** Node groups that give back what is free once the autoscaler has gone down. */
  readonly recedes: readonly string[]
}

export interface GroupGrowth {
  readonly group: string
  /** How many nodes more are asked for. */
  readonly by: number
  /** How many are awaited: with those that were on their way already. */
  readonly added: number
  /** Nodes that were there. */
  readonly present: readonly string[]
}

/** A node group that pp has made larger. */
export interface GrownGroup {
  readonly cluster: string
  readonly group: string
  readonly was: number
  readonly to: number
  /** Instances that were there. */
  readonly known: readonly string[]
  /** What an earlier undo could not take away: only of these any more. */
  readonly kept?: readonly string[] | undefined
}

/** A node that pp takes away, or has taken. */
export interface ReturnedNode {
  readonly cluster: string
  readonly group: string
  /** Null: its instance has not joined. */
  readonly node: string | null
  readonly instance: string
  /** Size of its group before. */
  readonly was: number
  readonly wasCordoned: boolean
  /** pp itself had added it. */
  readonly isUndo: boolean
}

/** A node group as AWS has it, with the nodes of its instances. */
export interface GroupState {
  readonly cluster: string
  readonly group: string
  readonly min: number
  readonly desired: number
  readonly max: number
  /** Without those that are going; in the order in which they came, as far as that is known. */
  readonly instances: readonly {
    readonly id: string
    readonly node: string | undefined
    readonly isCordoned: boolean
  }[]
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
        readonly grown: readonly GrownGroup[]
        readonly returned: readonly ReturnedNode[]
        /** Whether clusters may be about to give it back by themselves. */
        readonly isScheduled?: boolean | undefined
        /** Clusters in which it has given Pods a deletion cost. */
        readonly chosen?: readonly string[] | undefined
        /** Sites on which it has set something too, and which are left as they are. */
        readonly left?: readonly string[] | undefined
      }
    | undefined
  /** When it is given back by itself, and what earlier ones that are still in force have set. */
  readonly until?: (Stretch & {readonly earlier: readonly FieldSet[]}) | undefined
}

/** What an operation acts on, as the latest look found it. */
export interface ScaleState {
  readonly fields: readonly FieldState[]
  readonly clusters: readonly ClusterState[]
  /** Node groups that it is about. */
  readonly groups: readonly GroupState[]
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
  /** With what is there before. */
  | ({readonly kind: 'grow'} & GrownGroup)
  /** Waits for the nodes. */
  | {readonly kind: 'join'; readonly groups: readonly AwaitedGroup[]}
  /** Waits until the autoscaler has gone down, and finds what is free then. */
  | {
      readonly kind: 'recede'
      readonly clusters: readonly {readonly cluster: string; readonly wanted: number}[]
    }
  | ({readonly kind: 'return'} & ReturnedNode)
  /** Gives up what has not come. */
  | {readonly kind: 'lower'; readonly cluster: string; readonly group: string; readonly to: number}
  /** Gets as many nodes again as were given back. */
  | {readonly kind: 'regrow'; readonly cluster: string; readonly group: string; readonly to: number}
  | {readonly kind: 'uncordon'; readonly cluster: string; readonly node: string}

export interface AwaitedGroup extends Omit<GroupGrowth, 'by'> {
  readonly cluster: string
}

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
