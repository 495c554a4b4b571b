import type {PowerState} from '../../drivers/power/power.ts'
import type {LossLimit} from '../../loss-limit.ts'
import type {Lsn} from '../lsn.ts'
import type {SwitchoverIntent, SwitchoverStep} from '../types.ts'

/** What the vantage points say of one member that should be the primary. */
export interface Evidence {
  readonly host: string
  /** ISO 8601, of this machine's clock. */
  readonly at: string
  readonly here: {readonly ssh: Answer; readonly sql: Answer}
  /** As its host helper says; undefined when it does not answer. */
  readonly machine:
    | {
        readonly isRunning: boolean
        readonly controlState: string | undefined
        readonly freeBytes: number | undefined
      }
    | undefined
  /** Undefined: there is no power switch, or it does not answer. */
  readonly power: PowerState | undefined
  readonly powerSaid: string | undefined
  readonly standbys: readonly StandbyView[]
  readonly poolers: readonly PoolerView[]
}

/** `answers` with what was learned, or the reason why nothing was. */
export interface Answer {
  readonly answers: boolean
  readonly said: string
}

export type Reach = 'open' | 'refused' | 'silent' | 'unreachable'

export interface StandbyView {
  readonly host: string
  /** Whether WAL or a sign of life came from the primary between two looks a second apart. */
  readonly hears: boolean | undefined
  /** Age of the last message of its walreceiver, seconds. */
  readonly lastMessageSeconds: number | undefined
  /** A connection to the primary's database port. */
  readonly reach: Reach | undefined
}

export interface PoolerView {
  readonly host: string
  /** What the primary answers there to SQL; undefined when the pooler's host itself does not answer. */
  readonly sees: 'writable' | 'standby' | 'nothing' | undefined
  readonly said: string
  readonly reach: Reach | undefined
}

export type Condition =
  | 'healthy'
  | 'process-dead'
  | 'host-dead'
  | 'hung'
  | 'disk-full'
  | 'cut-off'
  | 'unreachable-from-here'
  /** Another member accepts writes on a newer timeline. */
  | 'second-primary'
  /** Every member that answers is a standby, as after a blackout. */
  | 'read-only'

export interface Classified {
  readonly condition: Condition
  /** One sentence for the operator. */
  readonly because: string
}

export interface FailoverIntent extends SwitchoverIntent {
  readonly condition: Condition
  readonly because: string
  readonly maxLoss: LossLimit
  /** A `primary_conninfo` to the lost primary, from which those to the new one are made: after detaching none is left. */
  readonly conninfo: string
  /** Value that was in force on the lost primary, as far as its standbys know. */
  readonly lostSynchronousNames: string
  /** Why it may have been another one at the end; undefined: it was that. */
  readonly lostNamesUnknown?: string | undefined
  /** Members whose power was off before `pp` did anything. */
  readonly wereOff?: readonly string[] | undefined
  /** Promote also when nothing proves that the lost primary does not write. */
  readonly isFenceForced: boolean
}

/** Where a standby stands once nothing streams to it any more. */
export interface Position {
  readonly host: string
  /** The greater of received and replayed. */
  readonly lsn: Lsn
  /** The end of a record; what was received may end inside one. */
  readonly replayedLsn: Lsn
  readonly timeline: number
  readonly systemIdentifier: string
}

export interface LossBound {
  /** Bytes of acknowledged WAL that are missing at most; undefined: not known. */
  readonly bytes: number | undefined
  /** Seconds of writes that are missing at most; undefined: not known. */
  readonly seconds: number | undefined
  readonly because: string
}

export type FailoverStep =
  | SwitchoverStep
  /** Pooler hosts' guards never lead back to that member. */
  | {readonly kind: 'tag'; readonly poolers: readonly string[]; readonly member: string}
  /** PAUSE that is not waited for: a silent primary never lets go. */
  | {readonly kind: 'hold'; readonly poolers: readonly string[]}
  | {readonly kind: 'detach'; readonly hosts: readonly string[]}
  /** By the first method that gives proof. */
  | {readonly kind: 'fence-lost'; readonly host: string}
  /** What the lost primary wrote and never sent, from its disk. */
  | {readonly kind: 'salvage'; readonly host: string; readonly from: string}
  /** `unread` where nobody knows who was primary last: members of which nothing is read, so that each may have been. */
  | {
      readonly kind: 'measure'
      readonly host: string
      readonly from: string
      readonly unread?: readonly string[]
    }
  /** As `route`, and connections to the lost primary are closed before. */
  | {
      readonly kind: 'release'
      readonly poolers: readonly string[]
      readonly host: string
      readonly from: string
    }
  | {readonly kind: 'untag'; readonly poolers: readonly string[]; readonly member: string}
