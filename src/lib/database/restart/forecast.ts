import {formatSize} from '../../size.ts'

/** What a forecast is made from. */
export interface RestartFacts {
  readonly host: string
  /** WAL from the last checkpoint's redo point to the end. */
  readonly replayBytes: number
  /** Starts of the server in the last ten minutes of the host's boot. */
  readonly starts: number
  /** Of them by systemd itself. */
  readonly restarts: number
  /** Seconds that failovers of this database took on this machine, newest first; empty: there was none. */
  readonly failovers: readonly number[]
}

export interface RestartForecast {
  /** Why it must not be restarted in place; undefined: it may. */
  readonly loop: string | undefined
  /** Whether it is also the shorter way. */
  readonly isOffered: boolean
  readonly restartSeconds: number
  readonly failoverSeconds: number
  /** Both figures and where they come from, for the operator. */
  readonly because: string
}

/** Crash recovery with its checkpoint, in the lab on 2026-11-25, two cores under load: 244 MB took 3.4 s. */
const replayBytesPerSecond = 70_000_000
/** From the start of the unit to clients' first write, with nothing to replay. */
const startSeconds = 1.2
/** From the lock to clients' first write, when the process is dead and its host answers. */
const usualFailoverSeconds = 1.8
/** This many starts in ten minutes have not helped; one more will not. */
const tooManyStarts = 3

/** Whether a dead server is restarted in place sooner than another member takes over. Pure. */
export function forecastRestart(facts: RestartFacts): RestartForecast {
  const {host, replayBytes, starts, restarts, failovers} = facts
  const restartSeconds = startSeconds + replayBytes / replayBytesPerSecond
  const failoverSeconds = median(failovers) ?? usualFailoverSeconds
  const loop =
    starts >= tooManyStarts || restarts >= tooManyStarts - 1
      ? `${host} was started ${Math.max(starts, restarts + 1)} times in the last ten minutes: it crashes again and again`
      : undefined
  const source =
    failovers.length === 0
      ? 'usual in the lab, there was none here yet'
      : `the last ${failovers.length === 1 ? 'one' : failovers.length} here`
  return {
    loop,
    isOffered: loop === undefined && restartSeconds < failoverSeconds,
    restartSeconds,
    failoverSeconds,
    because:
      `restart about ${restartSeconds.toFixed(1)} s (${formatSize(replayBytes)} to replay at ${formatSize(replayBytesPerSecond)}/s), ` +
      `failover about ${failoverSeconds.toFixed(1)} s (${source})`,
  }
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
}
