import type {Cluster} from '../cluster.ts'

/** The newest sign of life of a primary that a standby has replayed. */
export interface Heartbeat {
  readonly host: string
  readonly ageSeconds: number
  /** `synchronous_standby_names` in force there; undefined where the row does not have it. */
  readonly synchronousNames: string | undefined
}

/** Undefined where there is none. */
export async function heartbeatOf(cluster: Cluster, host: string): Promise<Heartbeat | undefined> {
  try {
    const session = await cluster.maintenance(host)
    const [row] = await session.query<{host: string; age: number; names: string | null}>(
      `select h.host, extract(epoch from clock_timestamp() - written_at)::float8 as age, to_jsonb(h) ->> 'synchronous_standby_names' as names
       from pp.heartbeat h order by written_at desc limit 1`,
      [],
      {timeoutSeconds: 2},
    )
    return row && {host: row.host, ageSeconds: row.age, synchronousNames: row.names ?? undefined}
  } catch {
    return undefined
  }
}
