import {holdOn, removalOf, type Hold} from '../drivers/kubernetes/hold.ts'
import {lockedError, type PpError} from '../errors.ts'
import {findService} from '../fleet/lookup.ts'
import type {Fleet} from '../fleet/types.ts'
import type {KeepingCluster} from '../operation/leases.ts'
import {listOperations} from '../operation/store.ts'
import {clustersOf, lookAtEach} from './clusters.ts'
import {timeInWords} from './until.ts'

/** Of the look before a plan; what is silent is left out, and is asked again under the Lease. */
const withinMs = 3000

/**
 * Before a plan is shown. A cluster that is silent is left out: the drill may be the reason, and the others know of it.
 *
 * @param plan nothing would be changed: it is only noted. @throws PpError SERVICE_IN_DRILL (6).
 */
export async function refuseInDrill(
  fleet: Fleet,
  {name, site, plan}: {readonly name: string; readonly site: string | undefined; readonly plan: boolean},
): Promise<void> {
  const clusters = clustersOf(fleet, findService(fleet, name), site)
  const looks = await lookAtEach(clusters, (reader, {namespace}) => holdOn(reader, namespace, name), withinMs)
  const [found] = looks.flatMap(({cluster, ...look}) =>
    look.kind === 'seen' && look.seen ? [{cluster, hold: look.seen}] : [],
  )
  if (!found) return
  const {cluster, hold} = found
  // pp drill undo would only say that it has ended.
  const hint = hasEnded(fleet, hold)
    ? `That run has ended. Remove its hold: ${removalOf(cluster, cluster.namespace, hold.operation)}`
    : undefined
  const error = serviceInDrill(name, hold, hint)
  if (!plan) throw error
  process.stderr.write(`note: ${error.message}\n\n`)
}

/**
 * Under the Leases, or under a hold of its own.
 *
 * @param own operation whose hold is none of another. @throws PpError SERVICE_IN_DRILL (6), and where one of the clusters does not answer.
 */
export async function refuseHeld(
  name: string,
  clusters: readonly KeepingCluster[],
  own?: string,
): Promise<void> {
  for (const {namespace, api} of clusters) {
    const hold = await holdOn(api, namespace, name, own)
    if (hold) throw serviceInDrill(name, hold)
  }
}

/** As far as this machine knows. */
const hasEnded = (fleet: Fleet, {operation}: Hold): boolean =>
  listOperations(fleet).some(({id, outcome}) => id === operation && outcome !== undefined)

const serviceInDrill = (
  name: string,
  {drill, owner, run, operation, since, until}: Hold,
  hint = `pp drill status; where it was left behind: pp drill undo ${operation}`,
): PpError =>
  lockedError('SERVICE_IN_DRILL', {
    message: `${name} is held by the drill ${drill} of ${owner} (run ${run}) since ${timeInWords(since)}, until ${timeInWords(until)} at the latest.`,
    hint,
  })
