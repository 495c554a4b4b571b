import type {Database} from '@pixelpulse/common'

/** A design as it is kept: its updates in order, a snapshot first where there is one. */
export interface Stored {
  readonly updates: readonly Uint8Array[]
  /** Number of the last update in it; 0: there is none. */
  readonly seq: number
  /** Number of the last update that is in the snapshot. */
  readonly snapshotSeq: number
}

export interface Entry {
  readonly design: string
  readonly update: Uint8Array
}

/** How far a design has been read. */
export interface Position {
  readonly design: string
  readonly seq: number
}

export interface Head extends Position {
  readonly trimmedSeq: number
}

export interface Row extends Position {
  /** undefined: it is this instance's own. */
  readonly data: Uint8Array | undefined
}

/** More than fits in one answer is read with the next. */
const rowsAtOnce = 200

/** Updates of designs in PostgreSQL, as one instance appends and reads them. */
export interface Store {
  load(design: string): Promise<Stored>
  /** One transaction, at most one entry a design. Appending the same twice is appending it once. */
  append(entries: readonly Entry[]): Promise<readonly Position[]>
  /** Those that do not end where they have been read up to. */
  movedHeads(positions: readonly Position[]): Promise<readonly Head[]>
  /** What follows, in order, a bounded number. */
  newer(positions: readonly Position[]): Promise<readonly Row[]>
  /** Replaces `of` by one update. Does nothing when somebody else has done so; what came since is not touched. */
  compact(design: string, of: Stored, snapshot: Uint8Array): Promise<void>
}

export function createStore(database: Database, instance: string): Store {
  return {
    async load(design) {
      const [row] = await database.read<{
        snapshot: Uint8Array | null
        updates: Uint8Array[]
        last_seq: number
        snapshot_seq: number
      }>(
        // One statement: what a compaction moves meanwhile is seen before or after, never between.
        `select snapshot, last_seq::float8, snapshot_seq::float8,
           array(select data from collab.updates where design = d.id and seq > d.snapshot_seq order by seq) as updates
         from collab.designs d where id = $1`,
        [design],
      )
      if (!row) return {updates: [], seq: 0, snapshotSeq: 0}
      const {snapshot, updates, last_seq: seq, snapshot_seq: snapshotSeq} = row
      return {updates: snapshot ? [snapshot, ...updates] : updates, seq, snapshotSeq}
    },
    append: (entries) =>
      database.transaction(
        (transaction) =>
          transaction.query<{design: string; seq: number}>(
            // In the order of their ids: two instances that append to the same designs wait for each other, not both.
            `with batch as (select * from unnest($1::uuid[], $2::bytea[]) as batch (design, data)),
               head as (
                 insert into collab.designs as d (id, last_seq) select design, 1 from batch order by design
                 on conflict (id) do update set last_seq = d.last_seq + 1
                 returning id, last_seq
               )
             insert into collab.updates (design, seq, instance, data)
             select id, last_seq, $3, data from head join batch on design = id
             returning design, seq::float8`,
            [entries.map(({design}) => design), entries.map(({update}) => Buffer.from(update)), instance],
          ),
        {isRepeatable: true},
      ),
    movedHeads: (positions) =>
      database.read<{design: string; seq: number; trimmedSeq: number}>(
        `select id as design, last_seq::float8 as seq, trimmed_seq::float8 as "trimmedSeq"
         from unnest($1::uuid[], $2::bigint[]) as known (design, seq)
         join collab.designs on id = design and last_seq <> seq`,
        columns(positions),
      ),
    async newer(positions) {
      const rows = await database.read<{design: string; seq: number; data: Uint8Array | null}>(
        `select design, u.seq::float8, case when instance <> $3 then data end as data
         from unnest($1::uuid[], $2::bigint[]) as known (design, seq)
         join collab.updates u using (design)
         where u.seq > known.seq order by design, u.seq limit ${rowsAtOnce}`,
        [...columns(positions), instance],
      )
      return rows.map(({data, ...position}) => ({...position, data: data ?? undefined}))
    },
    async compact(design, {seq, snapshotSeq}, snapshot) {
      await database.transaction((transaction) =>
        // What the snapshot before had goes now: those who read row by row have had the time to.
        transaction.query(
          `with moved as (
             update collab.designs set snapshot = $2, snapshot_seq = $3, trimmed_seq = snapshot_seq
             where id = $1 and snapshot_seq = $4 returning trimmed_seq
           )
           delete from collab.updates using moved where design = $1 and seq <= trimmed_seq`,
          [design, Buffer.from(snapshot), seq, snapshotSeq],
        ),
      )
    },
  }
}

const columns = (positions: readonly Position[]) => [
  positions.map(({design}) => design),
  positions.map(({seq}) => seq),
]
