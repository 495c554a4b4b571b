import type {Fate} from '../application/fate.ts'
import type {Endpoint, Login} from '../application/session.ts'
import type {TlsSettings} from '../postgres/types.ts'

/** What the outside prober does on a client host; docs/drill-measuring.md has how it is measured. */
export interface ProberConfig {
  /** Its rows in `pp.probe` have the writer `drill-RUN`. */
  readonly run: string
  /** Names or addresses as the client host knows them; looked up once. */
  readonly poolers: readonly Endpoint[]
  readonly login: Login
  /** The CA file is the client host's. */
  readonly tls?: TlsSettings
  /** Between two rows; at most 0.25. */
  readonly paceSeconds: number
  /** Until a row without an answer is given up; at most 40 paces and 10 s. */
  readonly timeoutSeconds: number
  /** It ends by itself then; at most 6 hours. */
  readonly lifeSeconds: number
  readonly probes: readonly OutsideProbe[]
}

/** A claim of a drill that a client can check, as the drill's own types word it. */
export type OutsideProbe = {
  readonly name: string
  readonly paceSeconds: number
  readonly timeoutSeconds: number
} & (
  | {
      readonly type: 'http'
      readonly url: string
      readonly status: number
      readonly contains?: string | undefined
    }
  | {readonly type: 'tcp'; readonly host: string; readonly port: number}
  | {
      readonly type: 'sql'
      readonly query: string
      readonly tolerance: {readonly min?: number | undefined; readonly max?: number | undefined}
    }
)

/** What became of one row. Times are seconds of the client host's CLOCK_MONOTONIC. */
export interface Marker {
  readonly n: number
  readonly fate: Fate
  readonly startedAt: number
  readonly endedAt: number
  /** Wall time of its start, for people. */
  readonly at: string
  /** SQLSTATE, system error or the prober's own word; null where it was acknowledged. */
  readonly code: string | null
  /** The one that acknowledged it. */
  readonly pooler?: string | undefined
}

/** One look of an outside probe, in the same clock. */
export interface Look {
  readonly probe: string
  readonly startedAt: number
  readonly endedAt: number
  readonly state: 'good' | 'bad'
  readonly said: string | null
}

/** Read one right after the other when the prober began. */
export interface ProberClocks {
  /** The host helper's, so that of another boot of the host is another one. */
  readonly bootId: string
  readonly monotonic: number
  /** CLOCK_BOOTTIME, the helper's. */
  readonly boottime: number
  readonly wall: string
}
