import {PpError} from '../errors.ts'
import type {Database, Fleet} from '../fleet/types.ts'
import {brokenLink, Journal, parseLine} from '../operation/journal.ts'
import {operationsFolder, writeJournal} from '../operation/store.ts'
import {Cluster} from './cluster.ts'

/**
 * Takes an operation over from the copies on the voters, when the machine that began it is lost.
 *
 * Of chains that differ the one with the highest token wins, then the longest: it has seen the latest holder.
 *
 * @throws PpError OPERATION_UNKNOWN when no voter has a whole chain.
 */
export async function adoptOperation(fleet: Fleet, database: Database, id: string): Promise<void> {
  const cluster = await Cluster.open(fleet, database)
  try {
    const copies = await Promise.all(
      database.voters.map(async (host) => {
        try {
          const {lines} = await cluster
            .acts(host)
            .call('journal-read', {target: database.name, operation: id})
          return lines
        } catch {
          return []
        }
      }),
    )
    const whole = copies.filter((lines) => lines.length > 0 && brokenLink(lines) === undefined)
    const [best] = whole.sort(
      (one, other) => tokenOf(other, id) - tokenOf(one, id) || other.length - one.length,
    )
    if (!best) {
      throw new PpError('usage', 'OPERATION_UNKNOWN', {
        message: `Neither this machine nor a voter of ${database.name} has a journal of ${id}.`,
        hint: 'pp op list',
      })
    }
    writeJournal(operationsFolder(fleet), id, best)
    const journal = Journal.open(operationsFolder(fleet), id)
    journal.append('adopted', {lines: best.length})
    journal.close()
  } finally {
    await cluster.close()
  }
}

const tokenOf = (lines: readonly string[], id: string): number => parseLine(lines.at(-1) ?? '', id).token
