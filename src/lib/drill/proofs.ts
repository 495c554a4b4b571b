import type {JournalRecord} from '../operation/journal.ts'
import {proofOf} from '../operation/steps.ts'
import type {RowRange} from '../drivers/application/row-ranges.ts'
import type {ProbeResult} from './report/report-types.ts'

/** What the journal keeps of a finished step. Times are seconds since the start of the run. */
export interface StepProof {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly says: string
}

export interface FaultProof extends StepProof {
  readonly inForce: string
}

export interface LiftProof extends StepProof {
  readonly fault: string
  readonly gone: string
}

export interface ReleaseProof extends StepProof {
  /** What is to be said of clusters that still have the hold, as they did not answer. */
  readonly left: readonly string[]
}

export interface LoadProof extends StepProof {
  /** Whether every threshold of its script was met. */
  readonly isMet: boolean
}

export interface OperationProof extends StepProof {
  readonly operation: string | undefined
  /** When it knew what to do. */
  readonly decidedAt: number | undefined
  /** When every pooler led to the new primary. */
  readonly routedAt: number | undefined
}

/** Steps that look at what has to hold. */
export interface SteadyProof extends StepProof {
  readonly probes: readonly ProbeResult[]
}

export interface ParallelProof extends StepProof {
  readonly parts: readonly (StepProof & {readonly kind: string})[]
}

export interface CollectProof extends StepProof {
  /** What the table holds of the marker rows; undefined where it could not be read, and why. */
  readonly present: readonly RowRange[] | undefined
  readonly problems: readonly string[]
}

/** Finished steps in the order in which they ended, parts of parallel ones by themselves. */
export function finished(
  records: readonly JournalRecord[],
): readonly {readonly kind: string; readonly proof: StepProof}[] {
  return records
    .filter(({type}) => type === 'step-done')
    .map(({data}) => data as {kind: string; proof: StepProof})
    .flatMap(({kind, proof}) =>
      kind === 'parallel'
        ? (proof as ParallelProof).parts.map((part) => ({kind: part.kind, proof: part}))
        : [{kind, proof}],
    )
}

/** What is to be said of clusters that still have the hold on services. */
export const stillHeld = (records: readonly JournalRecord[]): readonly string[] =>
  (proofOf(records, 'release-services') as ReleaseProof | undefined)?.left ?? []
