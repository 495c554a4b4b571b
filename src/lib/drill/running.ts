import type {Cluster} from '../database/cluster.ts'
import type {Prober} from '../drivers/prober/prober.ts'
import type {Progress} from '../output/progress.ts'
import type {ClientHost} from './client-host.ts'
import type {DrillIntent} from './intent.ts'
import type {Monitor} from './monitor.ts'
import type {ProbeResult} from './report/report-types.ts'
import type {RunFiles} from './run-files.ts'

/** What the steps of one run share. */
export interface Running {
  readonly cluster: Cluster
  readonly client: ClientHost
  readonly intent: DrillIntent
  /** Where its evidence is kept. */
  readonly files: RunFiles
  readonly progress: Progress
  readonly monitor: Monitor
  /** Seconds since the start of the run, by the client host's clock. */
  readonly now: () => number
  /** Undefined until it is started, and where it could not be found again. */
  prober: Prober | undefined
  /** How the steady state was before anything was broken. */
  before: readonly ProbeResult[]
}

/** The marker writer and the hold on services end by themselves then: a run that is longer has gone wrong. */
export const longestRunSeconds = 2 * 3600
/** Between two numbered rows of the marker writer. */
export const markerPaceSeconds = 0.1
