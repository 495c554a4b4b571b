import type {ClusterFacts} from './facts.ts'
import type {Change, ScaleRequest} from './types.ts'
import {cronTrigger, type Stretch} from './until.ts'

/** The fields that make a service have so many replicas; who owns the number decides which those are. */
export function changesFor(
  {owner, deployment}: ClusterFacts,
  wanted: number,
  request: ScaleRequest,
): readonly Change[] {
  const replicas: Change = {
    object: `deployment/${deployment.name}`,
    field: 'spec.replicas',
    from: deployment.replicas,
    to: wanted,
  }
  if (owner.kind === 'several') return []
  if (owner.kind === 'deployment') return changed([replicas])
  const {min, max} =
    request.kind === 'bounds'
      ? {min: request.min ?? owner.min, max: request.max ?? owner.max}
      : {min: wanted, max: Math.max(owner.max, wanted)}
  if (owner.kind === 'keda') {
    const object = `scaledobject/${owner.name}`
    const trigger = {object, field: 'spec.triggers', from: owner.kept?.text ?? null} as const
    if (endsByTrigger(owner, wanted, request)) {
      const to = wanted === owner.min ? null : cronTrigger(wanted, request.until)
      return changed([{...trigger, to}])
    }
    return changed([
      // It would begin again on the same day of the next year.
      ...(owner.kept?.isOver ? [{...trigger, to: null}] : []),
      {object, field: 'spec.maxReplicaCount', from: owner.max, to: max},
      {object, field: 'spec.minReplicaCount', from: owner.min, to: min},
    ])
  }
  const object = `horizontalpodautoscaler/${owner.name}`
  const bounds: readonly Change[] = [
    {object, field: 'spec.maxReplicas', from: owner.max, to: max},
    {object, field: 'spec.minReplicas', from: owner.min, to: min},
  ]
  // At zero replicas an HPA rests, and only the Deployment's own field puts it to sleep or wakes it.
  if (wanted === 0) return changed([replicas])
  return changed(deployment.replicas === 0 ? [...bounds, replicas] : bounds)
}

/** Whether KEDA itself ends what is asked for: a trigger can raise the lower bound for a time, and nothing else. */
const endsByTrigger = (
  {min, max}: {readonly min: number; readonly max: number},
  wanted: number,
  request: ScaleRequest,
): request is ScaleRequest & {readonly until: Stretch} =>
  request.until !== undefined && request.kind === 'replicas' && wanted >= Math.max(min, 1) && wanted <= max

const changed = (changes: readonly Change[]) => changes.filter(({from, to}) => from !== to)

/** What KEDA does not end by itself. */
export const isGivenBackByJob = (changes: readonly Change[]): boolean =>
  changes.some(({field}) => field !== 'spec.triggers')
