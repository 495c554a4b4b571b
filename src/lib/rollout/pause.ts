import * as z from 'zod'

import type {Fleet} from '../fleet/types.ts'
import {lockedError} from '../errors.ts'
import {findService} from '../fleet/lookup.ts'
import {refuseWhileLeased} from '../operation/leases.ts'
import type {RolloutFacts} from './facts.ts'
import {deploymentPath, observeRollout} from './observe.ts'
import {keeping, leaseOf, openPlaces} from './places.ts'

/**
 * Pauses the rollout of a service in each of its clusters, or lets it go on.
 *
 * @throws PpError as `lookAtRollout`; TARGET_LOCKED, OPERATION_UNFINISHED (6) while an operation has the service.
 */
export async function setPaused(
  fleet: Fleet,
  {name, site}: {readonly name: string; readonly site: string | undefined},
  isPaused: boolean,
): Promise<readonly RolloutFacts[]> {
  const service = findService(fleet, name)
  const places = await openPlaces(fleet, service, site)
  try {
    await refuseWhileLeased(leaseOf(service), places.map(keeping))
    for (const {api, cluster, deployment} of places) {
      const written = await api.write(
        {
          method: 'PATCH',
          path: deploymentPath(cluster.namespace, deployment),
          patch: 'merge',
          query: {fieldManager: 'pp'},
          body: {spec: {paused: isPaused}},
        },
        z.unknown(),
      )
      if (written.kind === 'conflict')
        throw lockedError('CHANGED_MEANWHILE', {
          message: `deployment/${deployment} in ${cluster.name} is changed by somebody else at the same time.`,
          hint: `pp rollout status ${name}`,
        })
    }
    return await Promise.all(
      places.map(({api, cluster, deployment}) => observeRollout(api, cluster, deployment)),
    )
  } finally {
    for (const {api} of places) api.close()
  }
}
