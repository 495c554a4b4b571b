import type {Cluster} from '../cluster.ts'
import {standbyTimeline} from '../observe.ts'
import type {Position} from './types.ts'

/** Where a standby stands: what it has of the WAL, on which timeline of which cluster. */
export async function positionNow(cluster: Cluster, host: string): Promise<Position> {
  const session = await cluster.maintenance(host)
  const [row] = await session.query<Omit<Position, 'host'>>(
    `select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as lsn,
       pg_last_wal_replay_lsn()::text as "replayedLsn", ${standbyTimeline} as timeline,
       (select system_identifier::text from pg_control_system()) as "systemIdentifier"`,
  )
  if (!row) throw new Error('no row')
  return {host, ...row}
}
