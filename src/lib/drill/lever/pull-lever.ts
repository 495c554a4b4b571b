import {Cluster} from '../../database/cluster.ts'
import type {LeverRecord} from '../../drivers/helper/verbs.ts'
import type {Database, Fleet} from '../../fleet/types.ts'
import {currentOperator} from '../../operation/operator.ts'
import {setLever} from './lever.ts'
import {leverOf} from './lever-of.ts'

/** Engages or releases the stop lever of a database on a majority of its voters. @throws PpError LEVER_NOT_SET. */
export async function pullLever(
  fleet: Fleet,
  database: Database,
  isEngaged: boolean,
  why: string,
): Promise<LeverRecord> {
  const cluster = await Cluster.open(fleet, database)
  try {
    return await setLever(leverOf(cluster), {engaged: isEngaged, by: currentOperator().owner, why})
  } finally {
    await cluster.close()
  }
}
