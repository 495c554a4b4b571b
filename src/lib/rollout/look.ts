import {findService} from '../fleet/lookup.ts'
import type {Fleet} from '../fleet/types.ts'
import {clustersOf, lookAtEach} from '../workload/clusters.ts'
import type {RolloutFacts} from './facts.ts'
import {observeRollout} from './observe.ts'

/**
 * Where the rollout of a service stands in each of its clusters.
 *
 * @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN, and what a cluster throws that does not answer.
 */
export async function lookAtRollout(
  fleet: Fleet,
  name: string,
  site: string | undefined,
): Promise<readonly RolloutFacts[]> {
  const service = findService(fleet, name)
  const looks = await lookAtEach(clustersOf(fleet, service, site), (reader, cluster) =>
    observeRollout(reader, cluster, service.deployment),
  )
  return looks.map((look) => {
    if (look.kind === 'silent') throw look.error
    return look.seen
  })
}
