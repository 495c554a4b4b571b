import * as z from 'zod'

import type {Fleet} from '../fleet/types.ts'
import {lockedError} from '../errors.ts'
import {refuseInDrill} from '../workload/in-drill.ts'
import {openService, refuseWhileUnfinished} from '../workload/open-service.ts'
import type {RolloutFacts} from './facts.ts'
import {deploymentPath, observeRollout} from './observe.ts'

/**
 * Pauses the rollout of a service in each of its clusters, or lets it go on.
 *
 * @throws PpError as `lookAtRollout`; TARGET_LOCKED, OPERATION_UNFINISHED, SERVICE_IN_DRILL (6) while another has the service.
 */
export async function setPaused(
  fleet: Fleet,
  {name, site}: {readonly name: string; readonly site: string | undefined},
  isPaused: boolean,
): Promise<readonly RolloutFacts[]> {
  await refuseInDrill(fleet, {name, site, plan: false})
  const service = await openService(fleet, name, site)
  const {
    clusters,
    service: {deployment},
  } = service
  try {
    await refuseWhileUnfinished(service)
    for (const {api, declared: cluster} of clusters) {
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
    return await Promise.all(clusters.map(({api, declared}) => observeRollout(api, declared, deployment)))
  } finally {
    service.close()
  }
}
