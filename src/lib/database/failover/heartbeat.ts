import type {Cluster} from '../cluster.ts'
import type {FailoverIntent} from './types.ts'

/** The newest sign of life of a member that its standbys have replayed. */
export interface Heartbeat {
  readonly ageSeconds: number
  /** `synchronous_standby_names` as it was in force there then. */
  readonly synchronousNames: string
  /** Why it may have been another one when the last commit was acknowledged; undefined: hardly. */
  readonly outdated: string | undefined
}

/** What one standby has of it. Epochs in seconds; those of the primary are by its clock, the others by the standby's. */
export interface Beat {
  readonly host: string
  readonly synchronousNames: string
  readonly writtenAt: number
  /** Of the last commit that was replayed, or the last message of the primary; null when there was neither. */
  readonly heardAt: number | null
  readonly startedAt: number
  readonly now: number
}

/** Several beats, and what two clocks differ by. */
const toleranceSeconds = 5
/** Longer than it takes to be called and to look; after that nobody knows what was done to a primary that was only cut off. */
const silenceSeconds = 900

/** What these standbys know of `host`; undefined when none has one. */
export async function heartbeatOf(
  cluster: Cluster,
  standbys: readonly string[],
  host: string,
): Promise<Heartbeat | undefined> {
  const beats = await Promise.all(standbys.map((standby) => beatOn(cluster, standby, host)))
  return newestHeartbeat(beats.filter((beat) => beat !== undefined))
}

/**
 * The newest of them, since a standby that is behind knows an earlier one; and whether what it says still held at the end.
 *
 * A primary that waits for nobody any more goes on alone: its standbys have the row from before, and no later commit. So the
 * names count only when nothing was heard of the primary for long after that row, its standby was there all the time to hear
 * it, and the silence is short: a dead primary and one that was only cut off look the same from here.
 */
export function newestHeartbeat(beats: readonly Beat[]): Heartbeat | undefined {
  const [newest] = beats.toSorted((one, other) => other.writtenAt - one.writtenAt)
  if (!newest) return undefined
  const heardAt = Math.max(...beats.map((beat) => beat.heardAt ?? 0))
  // Two clocks: one that is behind would make it negative.
  const ageSeconds = Math.max(newest.now - newest.writtenAt, 0)
  return {
    ageSeconds,
    synchronousNames: newest.synchronousNames,
    outdated: outdated(newest, heardAt, ageSeconds),
  }
}

function outdated(
  {host, writtenAt, startedAt}: Beat,
  heardAt: number,
  ageSeconds: number,
): string | undefined {
  if (heardAt - writtenAt > toleranceSeconds)
    return `it was still heard ${Math.round(heardAt - writtenAt)} s after its newest heartbeat`
  if (startedAt - writtenAt > toleranceSeconds) return `${host} was itself away after the newest heartbeat`
  return ageSeconds > silenceSeconds
    ? `nothing was heard of it for ${Math.round(ageSeconds / 60)} min, and it may have gone on alone`
    : undefined
}

/** Why nobody knows for whom the last commits of a primary waited that cannot be asked itself. */
export function unknownNames(heartbeat: Heartbeat | undefined): string | undefined {
  return heartbeat ? heartbeat.outdated : 'nothing tells what was in force there'
}

/** The same later on, when nothing streams any more: a primary that lived until then may have been told something else. */
export function unknownByNow(
  {lostSynchronousNames, lostNamesUnknown}: Pick<FailoverIntent, 'lostSynchronousNames' | 'lostNamesUnknown'>,
  heartbeat: Heartbeat | undefined,
): string | undefined {
  if (lostNamesUnknown !== undefined || !heartbeat) return lostNamesUnknown
  return heartbeat.synchronousNames === lostSynchronousNames
    ? heartbeat.outdated
    : `synchronous_standby_names became "${heartbeat.synchronousNames}" meanwhile`
}

async function beatOn(cluster: Cluster, standby: string, host: string): Promise<Beat | undefined> {
  try {
    const session = await cluster.maintenance(standby)
    const [row] = await session.query<Omit<Beat, 'host'>>(
      `select synchronous_standby_names as "synchronousNames",
         extract(epoch from written_at)::float8 as "writtenAt",
         extract(epoch from greatest(pg_last_xact_replay_timestamp(), (select last_msg_send_time from pg_stat_wal_receiver
           where status = 'streaming' and sender_host = $1)))::float8 as "heardAt",
         extract(epoch from pg_postmaster_start_time())::float8 as "startedAt",
         extract(epoch from clock_timestamp())::float8 as "now"
       from pp.heartbeat where host = $1`,
      [host],
      {timeoutSeconds: 2},
    )
    return row && {host: standby, ...row}
  } catch {
    return undefined // set up before there was one
  }
}
