import * as z from 'zod'

import {openCluster} from '../../drivers/kubernetes/open-cluster.ts'
import type {ClusterReader} from '../../drivers/kubernetes/types.ts'
import {findService} from '../../fleet/lookup.ts'
import type {Fleet, KubernetesCluster} from '../../fleet/types.ts'
import {clustersOf} from '../../workload/clusters.ts'
import {selector} from '../../workload/objects.ts'
import {readyPods} from '../../workload/readiness.ts'
import type {ProbeSpec} from '../format/types.ts'
import {bad, good, noData, type Look} from './vantage.ts'

type Spec = Extract<ProbeSpec, {type: 'kubernetes'}>

export const deploymentSchema = z.object({
  metadata: z.object({generation: z.int().default(0)}),
  spec: z.object({replicas: z.int().default(1), selector}),
  status: z
    .object({
      observedGeneration: z.int().default(0),
      conditions: z
        .array(z.object({type: z.string(), status: z.string(), message: z.string().default('')}))
        .default([]),
    })
    .prefault({}),
})

/** Ready Pods of a service against those wanted; without a service, whether the API servers answer. */
export async function lookAtKubernetes(spec: Spec, fleet: Fleet, timeoutSeconds: number): Promise<Look> {
  const clusters =
    spec.service === undefined
      ? fleet.clusters.filter(({site}) => spec.site === undefined || site === spec.site)
      : clustersOf(fleet, findService(fleet, spec.service), spec.site)
  if (clusters.length === 0) return noData(`the fleet has no cluster on ${spec.site ?? 'any site'}`)
  const looks = await Promise.all(clusters.map((cluster) => lookInto(cluster, spec, fleet, timeoutSeconds)))
  const said = looks.map((look) => look.said).join('; ')
  if (looks.some(({state}) => state === 'bad')) return bad(said)
  return looks.some(({state}) => state === 'no-data') ? noData(said) : good(said)
}

async function lookInto(
  cluster: KubernetesCluster,
  spec: Spec,
  fleet: Fleet,
  timeoutSeconds: number,
): Promise<Look> {
  const reader = await openCluster(cluster, timeoutSeconds * 1000)
  try {
    return spec.service === undefined
      ? await lookAtServer(reader, cluster.name)
      : await lookAtDeployment(reader, cluster, findService(fleet, spec.service).deployment, spec)
  } finally {
    reader.close()
  }
}

async function lookAtServer(reader: ClusterReader, name: string): Promise<Look> {
  const said = await reader.text('/readyz')
  return said?.trim() === 'ok' ? good(`${name} is ready`) : bad(`${name} says ${said ?? 'nothing'}`)
}

async function lookAtDeployment(
  reader: ClusterReader,
  {name, namespace}: KubernetesCluster,
  deployment: string,
  wanted: Wanted,
): Promise<Look> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`
  const found = await reader.get(path, deploymentSchema)
  if (!found) return noData(`${name} has no Deployment ${deployment}`)
  return judge(name, {...found, ready: await readyPods(reader, namespace, found.spec.selector)}, wanted)
}

type Wanted = Pick<Spec, 'ready' | 'most'>

/** Ready Pods against the least that is wanted, the Deployment's own number when undefined; and its number against the most. */
export function judge(
  name: string,
  {metadata, spec, status, ready: there}: z.output<typeof deploymentSchema> & {readonly ready: number},
  {ready, most}: Wanted,
): Look {
  const wanted = ready ?? spec.replicas
  const measured = `${name} has ${there} of ${spec.replicas} ready`
  if (status.observedGeneration < metadata.generation) return noData(`${measured}, before its last change`)
  const stuck = status.conditions.find((one) => one.type === 'Progressing' && one.status === 'False')
  if (stuck) return bad(`${measured}; its rollout is stuck: ${stuck.message}`)
  if (wanted === 0) return bad(`${measured}: no Pod is wanted`)
  if (most !== undefined && Math.max(spec.replicas, there) > most)
    return bad(`${measured}, wanted ${most} at most`)
  return there >= wanted ? good(measured) : bad(`${measured}, wanted ${wanted}`)
}
