import {PpError} from '../errors.ts'
import type {Database, Fleet} from '../fleet/types.ts'
import {adoptChain, catchUp, chainOnVoters} from '../operation/elsewhere.ts'
import {readableRecords, type JournalRecord} from '../operation/journal.ts'
import {refuseWhileLocked} from '../operation/lock.ts'
import {listOperations, openJournal, operationsFolder, unfinishedOn} from '../operation/store.ts'
import {Cluster} from './cluster.ts'

/**
 * Takes an operation over from the copies on the voters, when the machine that began it is lost.
 *
 * @param targets what operations of this database lock. @throws PpError OPERATION_UNKNOWN when no voter has a whole chain.
 */
export async function adoptOperation(
  fleet: Fleet,
  database: Database,
  targets: readonly string[],
  id: string,
): Promise<void> {
  const cluster = await Cluster.open(fleet, database)
  try {
    const chain = await chainOfAny(id, cluster, targets)
    if (!chain) {
      throw new PpError('usage', 'OPERATION_UNKNOWN', {
        message: `Neither this machine nor a voter of ${database.name} has a journal of ${id}.`,
        hint: 'pp op list',
      })
    }
    adoptChain(operationsFolder(fleet), id, chain)
  } finally {
    await cluster.close()
  }
}

async function chainOfAny(
  id: string,
  {voters}: Cluster,
  targets: readonly string[],
): Promise<readonly string[] | undefined> {
  for (const target of targets) {
    const chain = await chainOnVoters(id, voters, target)
    if (chain) return chain
  }
  return undefined
}

/** A journal that only the voters have, to look at; asked anew at each reading. */
export interface VotersJournal {
  /** @returns undefined where no voter has a whole chain. */
  read(): Promise<readonly JournalRecord[] | undefined>
  close(): Promise<void>
}

export async function openOnVoters(
  fleet: Fleet,
  database: Database,
  targets: readonly string[],
  id: string,
): Promise<VotersJournal> {
  const cluster = await Cluster.open(fleet, database)
  return {
    async read() {
      const chain = await chainOfAny(id, cluster, targets)
      return chain && readableRecords(chain)
    },
    close: () => cluster.close(),
  }
}

/**
 * A plain run never goes on with what another one began; what was ended from another machine is not unfinished.
 *
 * @param locks what operations of this kind lock. @throws PpError TARGET_LOCKED, OPERATION_UNFINISHED (6).
 */
export async function refuseWhileUnfinished(
  {fleet, database, voters}: Cluster,
  locks = database.name,
): Promise<void> {
  await refuseWhileLocked(locks, voters)
  for (const {id, target, outcome} of listOperations(fleet)) {
    if (target !== locks || outcome !== undefined) continue
    const journal = openJournal(fleet, id)
    journal.close()
    await catchUp(journal, {chain: (one) => chainOnVoters(one, voters, target)})
  }
  unfinishedOn(fleet, locks)
}
