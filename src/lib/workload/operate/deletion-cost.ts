import * as z from 'zod'

import {selector} from '../objects.ts'
import type {ServiceCluster} from '../open-service.ts'
import {isSelected} from '../selectors.ts'

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

/** Names of Pods to which somebody else gave a cost, which stays. @throws PpError CLUSTER_…. */
export async function markedByOthers({
  api,
  declared: {namespace},
}: ServiceCluster): Promise<readonly string[]> {
  const pods = await api.list(`/api/v1/namespaces/${namespace}/pods`, markedSchema)
  return pods
    .filter(({metadata: {annotations}}) => ![undefined, costOfFirst].includes(annotations[key]))
    .map(({metadata}) => metadata.name)
}

const texts = z.record(z.string(), z.string()).default({})
const markedSchema = z.object({metadata: z.object({name: z.string(), annotations: texts, labels: texts})})
const selectingSchema = z.object({spec: z.object({selector})})

/**
 * Takes the cost from those of a Deployment that stay after all; one that somebody else gave stays.
 *
 * @param going keep it. @throws PpError CLUSTER_….
 */
export async function unmark(
  {api, declared: {namespace}}: ServiceCluster,
  deployment: string,
  going: readonly string[] = [],
): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${namespace}/pods`
  const [declared, pods] = await Promise.all([
    api.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`, selectingSchema),
    api.list(path, markedSchema),
  ])
  if (!declared) return []
  const marked = pods.filter(
    ({metadata: {name, annotations, labels}}) =>
      annotations[key] === costOfFirst && !going.includes(name) && isSelected(labels, declared.spec.selector),
  )
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
