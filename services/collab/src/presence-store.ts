import type {Database} from '@pixelpulse/common'

/** Who is in a design at one instance. */
export interface PresenceRow {
  readonly design: string
  readonly version: number
  readonly clients: readonly number[]
  /** Their states, as an awareness update. */
  readonly data: Uint8Array
}

export interface Known {
  readonly design: string
  readonly instance: string
  readonly version: number
}

export interface OthersRow extends Known {
  /** undefined: as it was known. */
  readonly changed: Pick<PresenceRow, 'clients' | 'data'> | undefined
}

/** Who has not been heard of for so long is not there any more. */
const staleSeconds = 30

export interface PresenceStore {
  write(rows: readonly PresenceRow[]): Promise<void>
  /** What other instances have written of these designs, as far as they live. */
  others(designs: readonly string[], known: readonly Known[]): Promise<readonly OthersRow[]>
  /** This instance has them open no more. */
  leave(designs: readonly string[]): Promise<void>
  /** Removes what instances have left that ended without a word. */
  clean(): Promise<void>
}

export function createPresenceStore(database: Database, instance: string): PresenceStore {
  const change = async (sql: string, values: readonly unknown[]) => {
    await database.transaction((transaction) => transaction.query(sql, values), {isRepeatable: true})
  }
  return {
    write: (rows) =>
      change(
        `insert into collab.presence as p (design, instance, version, clients, data)
         select design, $2, version, clients::bigint[], data
         from unnest($1::uuid[], $3::bigint[], $4::text[], $5::bytea[]) as own (design, version, clients, data)
         order by design
         on conflict (design, instance) do update
           set version = excluded.version, clients = excluded.clients, data = excluded.data, seen_at = now()`,
        [
          rows.map(({design}) => design),
          instance,
          rows.map(({version}) => version),
          // A list of lists would have to be a rectangle.
          rows.map(({clients}) => `{${clients.join(',')}}`),
          rows.map(({data}) => Buffer.from(data)),
        ],
      ),
    async others(designs, known) {
      const rows = await database.read<{
        design: string
        instance: string
        version: number
        clients: number[] | null
        data: Uint8Array | null
      }>(
        `select design, instance, p.version::float8,
           case when p.version is distinct from known.version then clients::float8[] end as clients,
           case when p.version is distinct from known.version then data end as data
         from collab.presence p
         left join unnest($3::uuid[], $4::uuid[], $5::bigint[]) as known (design, instance, version)
           using (design, instance)
         where design = any ($1::uuid[]) and instance <> $2 and seen_at > now() - interval '${staleSeconds} seconds'`,
        [
          designs,
          instance,
          known.map(({design}) => design),
          known.map((row) => row.instance),
          known.map(({version}) => version),
        ],
      )
      return rows.map(({clients, data, ...row}) => ({
        ...row,
        changed: clients && data ? {clients, data} : undefined,
      }))
    },
    leave: (designs) =>
      change('delete from collab.presence where instance = $2 and design = any ($1::uuid[])', [
        designs,
        instance,
      ]),
    clean: () =>
      change(`delete from collab.presence where seen_at < now() - interval '${staleSeconds} seconds'`, []),
  }
}
