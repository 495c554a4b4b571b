import type {ExitCode, Outcome} from '../../outcome.ts'
import type {ProbeTime} from '../format/types.ts'

/** What is kept of one run; JUnit, Markdown and HTML say the same. Times of the run are seconds since its start. */
export interface DrillReport {
  readonly schemaVersion: 1
  readonly id: string
  /** Id of its operation: pp op show. */
  readonly operation: string
  readonly drill: {
    readonly name: string
    readonly title: string
    readonly why: string
    readonly owner: string
    readonly file: string
    readonly hash: string
  }
  readonly fleet: string
  readonly environment: string
  readonly operator: string
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly endedAt: string
  /** sha256 of the resolved plan, hexadecimal. */
  readonly planHash: string
  readonly versions: Readonly<Record<string, string>>
  readonly outcome: Outcome
  readonly exitCode: ExitCode
  /** Why it is not `done`; empty then. */
  readonly reasons: readonly string[]
  /** What somebody has to type where something was left; empty otherwise. */
  readonly manual: readonly string[]
  readonly objectives: readonly ObjectiveResult[]
  readonly rto: RtoResult | undefined
  readonly rpo: RpoResult | undefined
  readonly probes: readonly ProbeResult[]
  readonly acts: readonly ActResult[]
  readonly faults: readonly FaultResult[]
  /** Looks of every probe and writes of the marker writer, in the order of time, neighbours of the same state in one. */
  readonly spans: readonly ProbeSpan[]
}

export interface ObjectiveResult {
  /** `rto`, `rpo`, `service:NAME`. */
  readonly id: string
  readonly title: string
  readonly limit: number
  readonly unit: 's' | 'rows' | 'share'
  /** Undefined where nothing could be measured. */
  readonly measured: number | undefined
  readonly status: 'met' | 'missed' | 'unknown'
}

/** As a client outside of pp has measured it: from the last write before the fault's effect to the first after it. */
export interface RtoResult {
  readonly seconds: number
  /** When writes failed and when they worked again, seconds since the start of the run. */
  readonly from: number
  readonly to: number
  /** They add up to `seconds`: until pp was told to act, until it had a plan, until it had promoted, until a client wrote. */
  readonly split: {
    readonly detect: number
    readonly decide: number
    readonly act: number
    readonly reconnect: number
  }
  /** The operation's own time, as pp has measured it. */
  readonly operationSeconds: number
}

export interface RpoResult {
  readonly acknowledged: number
  readonly found: number
  /** Numbers of the acknowledged rows that are missing, all of them. */
  readonly lost: readonly number[]
  /** Sent without an answer, and there or not there. */
  readonly unknownFound: number
  readonly unknownMissing: number
}

export interface ProbeResult {
  readonly name: string
  readonly time: ProbeTime
  readonly status: 'held' | 'broken' | 'no-data'
  readonly looks: number
  readonly misses: number
  readonly allowedMisses: number
  /** What the last look that failed has said. */
  readonly said: string | undefined
}

export interface ActResult {
  readonly name: string
  readonly kind: 'fault' | 'lift' | 'operation' | 'load' | 'wait' | 'undo'
  readonly from: number
  /** Undefined where it never ended. */
  readonly to: number | undefined
  readonly status: 'done' | 'failed' | 'skipped'
  readonly says: string
  /** Id of the operation of pp, where it was one. */
  readonly operation: string | undefined
}

export interface FaultResult {
  readonly name: string
  readonly kind: string
  readonly host: string
  readonly injectedAt: number
  /** Undefined: it was not lifted. */
  readonly liftedAt: number | undefined
  /** What proved that it was in force, and that it is gone. */
  readonly inForce: string
  readonly gone: string | undefined
}

export interface ProbeSpan {
  readonly probe: string
  readonly from: number
  readonly to: number
  readonly state: 'good' | 'bad' | 'no-data'
}
