import * as z from 'zod'

import {awsMissing} from '../node-groups/errors.ts'
import {instanceIn} from '../objects.ts'
import type {ServiceCluster} from '../open-service.ts'
import type {GroupState, ScaleIntent} from './types.ts'

const nodeSchema = z
  .object({
    metadata: z.object({name: z.string()}),
    spec: z.object({providerID: z.string().default(''), unschedulable: z.boolean().default(false)}),
  })
  .transform(({metadata, spec}) => ({
    name: metadata.name,
    instance: instanceIn(spec.providerID),
    isCordoned: spec.unschedulable,
  }))

/** Names of the node groups of one cluster that a scale is about. */
export function groupsOf({clusters, undo}: ScaleIntent, name: string): readonly string[] {
  const own = clusters.find(({cluster}) => cluster === name)
  const given = [...(undo?.grown ?? []), ...(undo?.returned ?? [])].filter(({cluster}) => cluster === name)
  const changed = [...(own?.growth ?? []), ...(own?.returns ?? []), ...given].map(({group}) => group)
  return [...new Set([...changed, ...(own?.recedes ?? [])])]
}

/** @throws PpError AWS_…, CLUSTER_…. */
export async function lookAtGroups(
  {api, aws, declared}: ServiceCluster,
  names: readonly string[],
): Promise<readonly GroupState[]> {
  if (names.length === 0) return []
  if (!aws) throw awsMissing(declared.name)
  const [groups, nodes] = await Promise.all([aws.listNodeGroups(), api.list('/api/v1/nodes', nodeSchema)])
  return groups
    .filter(({name}) => names.includes(name))
    .map(({name, min, desired, max, instances}) => ({
      cluster: declared.name,
      group: name,
      min,
      desired,
      max,
      instances: instances
        .filter(({state}) => state !== 'going')
        .map(({id}) => {
          const node = nodes.find(({instance}) => instance === id)
          return {id, node: node?.name, isCordoned: node?.isCordoned ?? false}
        }),
    }))
}
