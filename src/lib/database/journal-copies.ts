import type {Database, Fleet} from '../fleet/types.ts'
import {copyVerdict, type CopyVerdict} from '../operation/copy-verdict.ts'
import {Cluster} from './cluster.ts'

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
          return copyVerdict(host, lines, ours)
        } catch {
          return {host, verdict: 'missing', records: 0}
        }
      }),
    )
  } finally {
    await cluster.close()
  }
}
