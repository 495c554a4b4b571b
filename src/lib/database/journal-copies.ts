import type {Database, Fleet} from '../fleet/types.ts'
import {Cluster} from './cluster.ts'

export interface CopyVerdict {
  readonly host: string
  /** `same`: every line it has is ours; `different`: one is not; `missing`: it has none or does not answer. */
  readonly verdict: 'same' | 'different' | 'missing'
  readonly records: number
}

/** Compares a journal with its copies line by line; a copy may end earlier, never differ. */
export async function compareCopies(
  fleet: Fleet,
  database: Database,
  journal: {readonly id: string; readonly lines: readonly string[]},
): Promise<readonly CopyVerdict[]> {
  const cluster = await Cluster.open(fleet, database)
  const ours = new Set(journal.lines)
  try {
    return await Promise.all(
      database.voters.map(async (host): Promise<CopyVerdict> => {
        try {
          const {lines} = await cluster
            .acts(host)
            .call('journal-read', {target: database.name, operation: journal.id})
          if (lines.length === 0) return {host, verdict: 'missing', records: 0}
          return {
            host,
            verdict: lines.every((line) => ours.has(line)) ? 'same' : 'different',
            records: lines.length,
          }
        } catch {
          return {host, verdict: 'missing', records: 0}
        }
      }),
    )
  } finally {
    await cluster.close()
  }
}
