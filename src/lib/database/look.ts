import type {Database, Fleet} from '../fleet/types.ts'
import {Cluster} from './cluster.ts'
import {observeCluster} from './observe.ts'
import type {ClusterState} from './types.ts'

/** Connects, looks once and leaves. */
export async function lookAtDatabase(fleet: Fleet, database: Database): Promise<ClusterState> {
  const cluster = await Cluster.open(fleet, database)
  try {
    return await observeCluster(cluster)
  } finally {
    await cluster.close()
  }
}
