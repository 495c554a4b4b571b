import type {Cluster} from '../cluster.ts'

/** The newest sign of life of a member that a standby has replayed. */
export interface Heartbeat {
  readonly ageSeconds: number
  /** `synchronous_standby_names` as it was in force there. */
  readonly synchronousNames: string
}

/** What `standby` knows of `host`; undefined when there is none. */
export async function heartbeatOf(
  cluster: Cluster,
  standby: string,
  host: string,
): Promise<Heartbeat | undefined> {
  try {
    const session = await cluster.maintenance(standby)
    const [row] = await session.query<Heartbeat>(
      `select extract(epoch from clock_timestamp() - written_at)::float8 as "ageSeconds",
         synchronous_standby_names as "synchronousNames" from pp.heartbeat where host = $1`,
      [host],
      {timeoutSeconds: 2},
    )
    return row
  } catch {
    return undefined // set up before there was one
  }
}
