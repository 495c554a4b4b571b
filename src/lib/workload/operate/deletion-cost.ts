import * as z from 'zod'

import type {ServiceCluster} from '../open-service.ts'

const key = 'controller.kubernetes.io/pod-deletion-cost'
/** Of who goes first; what has no cost of its own has 0. */
const costOfFirst = '-1000'

/** @returns those that were still there. @throws PpError CLUSTER_…. */
export async function markToGo(
  {api, declared: {namespace}}: ServiceCluster,
  pods: readonly string[],
): Promise<readonly string[]> {
  const marked = await Promise.all(
    pods.map(async (name) => {
      const body = {metadata: {annotations: {[key]: costOfFirst}}}
      const path = `/api/v1/namespaces/${namespace}/pods/${name}`
      const {kind} = await api.write({method: 'PATCH', path, patch: 'merge', body}, z.unknown())
      return kind === 'written' ? [name] : []
    }),
  )
  return marked.flat()
}

const markedSchema = z.object({
  metadata: z.object({name: z.string(), annotations: z.record(z.string(), z.string()).default({})}),
})

/** Takes the cost from those that stay after all; one that somebody else gave stays. @throws PpError CLUSTER_…. */
export async function unmark({api, declared: {namespace}}: ServiceCluster): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${namespace}/pods`
  const pods = await api.list(path, markedSchema)
  const marked = pods.filter(({metadata}) => metadata.annotations[key] === costOfFirst)
  await Promise.all(
    marked.map(({metadata: {name}}) =>
      api.write(
        {
          method: 'PATCH',
          path: `${path}/${name}`,
          patch: 'merge',
          body: {metadata: {annotations: {[key]: null}}},
        },
        z.unknown(),
      ),
    ),
  )
  return marked.map(({metadata}) => metadata.name)
}
