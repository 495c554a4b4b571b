import {PpError} from '../../errors.ts'
import type {Cluster} from '../cluster.ts'
import {until} from '../execute.ts'
import {replaysOwnWal, standbyTimeline} from '../observe.ts'
import type {Position} from './types.ts'

/**
 * Where a standby stands: what it has of the WAL, on which timeline of which cluster.
 *
 * After a restart it answers while it still replays what it had received before, and only the end of that is its position:
 * a place on the way there once let another one, without the last commits, take over with a loss of 0.
 *
 * @throws PpError STILL_REPLAYING when it does not come to that end in time.
 */
export async function positionNow(cluster: Cluster, host: string, seconds = 30): Promise<Position> {
  const session = await cluster.maintenance(host)
  let place = ''
  await until(`${host} to replay`, seconds, async () => {
    const [row] = await session.query<{isReplaying: boolean; at: string}>(
      `select ${replaysOwnWal} as "isReplaying", pg_last_wal_replay_lsn()::text as at`,
    )
    place = row?.at ?? ''
    return row?.isReplaying === false
  }).catch((error: unknown) => {
    throw error instanceof PpError && error.code === 'STEP_TIMED_OUT'
      ? stillReplaying(host, seconds, place)
      : error
  })
  // Asked for only now: a position from before that end was seen may lie before it.
  const [row] = await session.query<Omit<Position, 'host'>>(
    `select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as lsn,
       pg_last_wal_replay_lsn()::text as "replayedLsn", ${standbyTimeline} as timeline,
       (select system_identifier::text from pg_control_system()) as "systemIdentifier"`,
  )
  if (!row) throw new Error('no row')
  return {host, ...row}
}

const stillReplaying = (host: string, seconds: number, place: string): PpError =>
  new PpError('undone', 'STILL_REPLAYING', {
    message: `${host} still replays WAL that it has had since before its last start (at ${place} after ${seconds} s), so nobody knows yet what it has`,
    hint: `pp db status, and try again when ${host} has replayed it`,
  })
