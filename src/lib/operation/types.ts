import type {Helper} from '../drivers/helper/types.ts'
import type {ExitCode, Outcome} from '../outcome.ts'
import type {Copies} from './copies.ts'
import type {Journal, JournalRecord} from './journal.ts'
import type {Lease} from './lock.ts'

export type Direction = 'forward' | 'back'

export interface Refused {
  readonly kind: 'refused'
  readonly code: string
  readonly reason: string
  readonly hint: string
  /** `human` when waiting makes it worse, and pp cannot decide. */
  readonly outcome?: 'refused' | 'human'
}

export type Plan<Step> =
  | {
      readonly kind: 'steps'
      readonly steps: readonly Step[]
      /** What follows is only known when these are done. */
      readonly isPartial?: boolean
    }
  | Refused

export interface LockRequest {
  readonly operation: string
  readonly leaseSeconds: number
  /** `resume` and `abort` take their own operation over. */
  readonly mayTakeOver: boolean
  readonly onWait?: (text: string) => void
}

/** Who keeps the lock of one target and copies of the journals: the voters of a database, the clusters of a service. */
export interface Keeper {
  /** @throws PpError TARGET_LOCKED, OPERATION_UNFINISHED (6), and where too few of them answer. */
  readonly acquire: (request: LockRequest) => Promise<Lease>
  /** Whether one of them has, or may have, a lock of an operation that has not acted. */
  readonly mayBeLocked: (operation: string) => Promise<boolean>
  /** The lines of an operation as they have them; undefined where none has a whole chain. */
  readonly chain: (operation: string) => Promise<readonly string[] | undefined>
  /** Keeps their copies in step with the journal. @param gatherMs how long lines are gathered. */
  readonly copies: (journal: Journal, gatherMs: number) => Copies
  /** Whether an act waits until they have its intent; not where clients wait meanwhile. */
  readonly knowsBefore: boolean
  /** Removes the copies of an operation that touched nothing, where they would be taken for an unfinished one. */
  readonly forget?: (operation: string) => Promise<void>
}

/** What a lock on voters needs to know of the target. */
export interface LockHosts {
  readonly voters: readonly Helper[]
  readonly votersInAll: number
  readonly touched: readonly Helper[]
}

export interface Verdict {
  readonly outcome: Outcome
  /** What deviates; empty when all is as it should be. */
  readonly findings: readonly string[]
}

/**
 * One operation on one target, with its connections open. A concept provides it; the engine in run.ts drives it and
 * knows nothing of databases.
 */
export interface Work<Step extends {readonly kind: string} = {readonly kind: string}> {
  readonly kind: string
  readonly target: string
  /** How long lines of the journal are gathered before their copies are brought up to date. */
  readonly gatherMs: number
  readonly keeper: Keeper
  /** Looks again; `plan`, `before` and `isPastPointOfNoReturn` speak of the latest look. */
  readonly observe: () => Promise<void>
  /** Brings out what an interrupted run has left half done, so that `observe` sees it. */
  readonly settle: () => Promise<void>
  /** Facts that must not have changed between showing a plan and acting on it. */
  readonly fingerprint: () => string
  readonly plan: (direction: Direction, records: readonly JournalRecord[]) => Plan<Step>
  readonly before: () => unknown
  readonly isPastPointOfNoReturn: () => boolean
  /** Why everything has to be put back, as a signal would ask for; undefined while nothing does. */
  readonly stopReason?: () => string | undefined
  title(step: Step): string
  /** One line for the finished step, from its proof. */
  summary(step: Step, proof: unknown): string | undefined
  perform(step: Step, context: StepContext): Promise<unknown>
  readonly verify: (direction: Direction, records: readonly JournalRecord[]) => Promise<Verdict>
}

export interface StepContext {
  readonly operation: string
  readonly token: () => number
  /** How long nobody else can hold the lock. */
  readonly leaseLeftSeconds: () => number
  /** Everything has to be put back: a step that waits for long gives up. */
  readonly isInterrupted: () => boolean
  readonly records: readonly JournalRecord[]
  readonly detail: (text: string) => void
}

/** What there is to tell of an operation, as it comes; the first is `start`, and nothing is told of one that was refused. */
export type Happening =
  | {readonly event: 'start'; readonly direction: Direction; readonly isContinued: boolean}
  | {readonly event: 'point-of-no-return'}
  | {readonly event: 'abort'; readonly why: string}
  /** Another pp goes on with it, and tells the rest. */
  | {readonly event: 'taken-over'}
  | {
      readonly event: 'end'
      readonly outcome: Outcome
      readonly exitCode: ExitCode
      readonly findings: readonly string[]
    }

export interface Phase {
  readonly id: string
  readonly ms: number
}
