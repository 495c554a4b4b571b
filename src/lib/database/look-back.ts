import type {Database, Fleet} from '../fleet/types.ts'
import {Cluster} from './cluster.ts'
import {history, pastChange, timelineEnds, type PastChange} from './history.ts'
import {journalsSince} from './journals.ts'
import {observeCluster} from './observe.ts'

/** All changes of primary that are known here or to a host that answers, newest first; `problem` when no member does. */
export async function lookBack(
  fleet: Fleet,
  database: Database,
): Promise<{readonly changes: readonly PastChange[]; readonly problem: string | undefined}> {
  const cluster = await Cluster.open(fleet, database)
  try {
    const state = await observeCluster(cluster)
    const [journals, {ends, problem}] = await Promise.all([
      journalsSince(cluster, state.voters, 0),
      timelineEnds(cluster, state),
    ])
    const known = journals.flatMap(({id, records}) => pastChange(id, records) ?? [])
    return {changes: history(known, ends), problem}
  } finally {
    await cluster.close()
  }
}
