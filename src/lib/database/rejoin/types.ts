import type {SwitchoverIntent, SwitchoverStep} from '../types.ts'

/** `from` is the member that comes back, `to` the primary that it shall follow, on the primary's `timeline`. */
export interface RejoinIntent extends SwitchoverIntent {
  /** A `primary_conninfo` to the primary, without a password. */
  readonly conninfo: string
  /** `rejoin` rewinds where that works; `clone` makes the data directory anew whatever is there. */
  readonly how: 'rejoin' | 'clone'
  /** Consent that the old data directory goes where the disk has no room for both. */
  readonly removeOld: boolean
}

export type RejoinStep =
  | SwitchoverStep
  | {
      readonly kind: 'rewind'
      readonly host: string
      readonly source: string
      readonly conninfo: string
      readonly slot: string
    }
  | {
      readonly kind: 'clone'
      readonly host: string
      readonly from: string
      readonly because: string
      readonly source: string
      readonly conninfo: string
      readonly slot: string
    }
  | {readonly kind: 'untag'; readonly poolers: readonly string[]; readonly member: string}

/** What this operation has tried already, as its journal says. */
export interface Tried {
  readonly isCopied: boolean
  /** Why a rewind cannot bring it back; undefined while that is still to be seen. */
  readonly problem: string | undefined
}

/** What only the old directory had, as its host keeps it. */
export interface Kept {
  readonly folder: string
  readonly stamp: string
  readonly files: number
  /** Null: its WAL could not be compared with the primary's. */
  readonly commits: number | null
  /** Why there may be more than these. */
  readonly problem?: string | null | undefined
  readonly relations: readonly string[]
}

export interface RewindProof {
  readonly isDiverged: boolean
  readonly forkLsn: string | null
  readonly kept: Kept | null
}

export interface CloneProof {
  readonly kept: Kept | null
  /** Where the old directory lies now; null when there is none any more. */
  readonly old: string | null
}
