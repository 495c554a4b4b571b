import type {Database, Fleet} from '../../fleet/types.ts'
import type {PreparedWork} from '../change.ts'
import {refuseWhileUnfinished} from '../adopt.ts'
import {Cluster} from '../cluster.ts'
import {observeCluster} from '../observe.ts'
import {requireMember} from '../require-member.ts'
import {planTag, Tagging, type TagIntent} from './tagging.ts'

/**
 * Looks; the cluster stays connected when there is something to do.
 *
 * @returns undefined when the member is tagged so already.
 * @throws PpError with exit 6 when an operation is unfinished.
 */
export async function prepareTag(
  fleet: Fleet,
  database: Database,
  wanted: {readonly host: string; readonly tag: string; readonly isSet: boolean},
): Promise<PreparedWork | undefined> {
  requireMember(database, wanted.host)
  const cluster = await Cluster.open(fleet, database)
  try {
    const state = await observeCluster(cluster)
    await refuseWhileUnfinished(cluster)
    const intent = intentFor(database.name, wanted)
    const plan = planTag(state, intent)
    const work = new Tagging(cluster, intent, state)
    if (plan.kind === 'refused' || plan.steps.length > 0)
      return {cluster, work, checks: [], fingerprint: work.fingerprint()}
    await cluster.close()
    return undefined
  } catch (error) {
    await cluster.close()
    throw error
  }
}

const intentFor = (
  database: string,
  {host, tag, isSet}: {readonly host: string; readonly tag: string; readonly isSet: boolean},
): TagIntent => ({
  database,
  from: host,
  to: host,
  timeline: 0,
  systemIdentifier: '',
  maxLagBytes: 0,
  pauseSeconds: 0,
  windowSeconds: 0,
  patienceSeconds: 0,
  synchronousNames: '',
  acceptUnlogged: false,
  acceptSlotLoss: false,
  tag,
  isSet,
})
