import {findService} from '../fleet/lookup.ts'
import type {Fleet} from '../fleet/types.ts'
import {assertSomeSeen, clustersOf, lookAtEach, type Looked} from '../workload/clusters.ts'
import type {RolloutFacts} from './facts.ts'
import {observeRollout} from './observe.ts'

/**
 * Where the rollout of a service stands in each of its clusters.
 *
 * @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN, and what a cluster throws where none answers.
 */
export async function lookAtRollout(
  fleet: Fleet,
  name: string,
  site: string | undefined,
): Promise<readonly Looked<RolloutFacts>[]> {
  const service = findService(fleet, name)
  const looks = await lookAtEach(clustersOf(fleet, service, site), (reader, cluster) =>
    observeRollout(reader, cluster, service.deployment),
  )
  assertSomeSeen(looks)
  return looks
}
