import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import {counted} from '../counted.ts'
import {configMapsPath, ownConfigMap} from '../drivers/kubernetes/config-map.ts'
import {refusal} from '../errors.ts'
import {parsedJson} from '../parsed-json.ts'
import {deploymentUnknown} from '../workload/deployment-unknown.ts'
import {deploymentSchema} from '../workload/objects.ts'
import {readinessIn} from '../workload/readiness.ts'
import {selectorText} from '../workload/selectors.ts'
import {allHold, deletePods, podsOf, type FaultCluster, type FaultPod} from './on-cluster.ts'
import type {Fault, Proof} from './types.ts'

export interface DeletedPods {
  readonly deployment: string
  /** How many in each cluster; a share of them, rounded up, when `percent` is given. */
  readonly count: number | undefined
  readonly percent: number | undefined
  /** More than so many, of all clusters together, are never deleted. */
  readonly maxPods: number
  /** Names it in the clusters, for ever. */
  readonly id: string
}

/** Of a Pod; another one may get its name. */
type Known = Pick<FaultPod['metadata'], 'name' | 'uid'>

const knownSchema = z.array(z.object({name: z.string(), uid: z.string()}))
const noteSchema = z.object({data: z.object({pods: z.string()})})
const backSeconds = 180
const paceMs = 500

/** How many of so many Pods are deleted. */
export const howMany = ({count, percent}: Pick<DeletedPods, 'count' | 'percent'>, pods: number): number =>
  Math.min(pods, percent === undefined ? (count ?? 1) : Math.ceil((pods * percent) / 100))

/**
 * Pods of a Deployment are deleted. Their ReplicaSet makes new ones by itself, so undoing only waits for them. Which Pods they are
 * is written down in their cluster before: applied once more, by another `pp` too, it deletes no others.
 *
 * @throws PpError FAULT_NO_PODS, PODS_OVER_CAP, CLUSTER_….
 */
export function deletePodsFault(clusters: readonly FaultCluster[], asked: DeletedPods): Fault<DeletedPods> {
  const {deployment, id} = asked
  return {
    async apply() {
      // Chosen everywhere before one is touched: a cluster that does not answer leaves all of them whole.
      const chosen = await chosenPods(clusters, asked)
      for (const [n, cluster] of clusters.entries())
        await deletePods(cluster, await note(cluster, id, chosen[n] ?? []))
      return asked
    },
    async undo() {
      const deadline = performance.now() + backSeconds * 1000
      await Promise.all(
        clusters.map(async (cluster) => {
          const pods = await noted(cluster, id)
          if (!pods) return
          while (!(await isBack(cluster, deployment, pods))) {
            if (performance.now() > deadline) return
            await sleep(paceMs)
          }
          await cluster.api.write({method: 'DELETE', path: notePath(cluster, id)}, z.unknown())
        }),
      )
    },
    async proveInForce() {
      return allHold(await Promise.all(clusters.map((cluster) => proveDeleted(cluster, id))))
    },
    async proveGone() {
      return allHold(await Promise.all(clusters.map((cluster) => proveBack(cluster, asked))))
    },
  }
}

/** Which Pods of each cluster it hits. Changes nothing. @throws PpError FAULT_NO_PODS, PODS_OVER_CAP, CLUSTER_…. */
export async function chosenPods(
  clusters: readonly FaultCluster[],
  asked: DeletedPods,
): Promise<readonly (readonly Known[])[]> {
  const chosen = await Promise.all(
    clusters.map(async (cluster) => (await noted(cluster, asked.id)) ?? (await chosenIn(cluster, asked))),
  )
  const all = chosen.flat().length
  if (all <= asked.maxPods) return chosen
  throw refusal('PODS_OVER_CAP', {
    message: `${counted(all, 'Pod')} of ${asked.deployment} would be deleted in ${clusters.map(({name}) => name).join(', ')}; the cap is ${asked.maxPods}.`,
    hint: 'Let the fault take fewer, or raise targets.maxPods in the file of the drill, then: pp drill check NAME',
  })
}

async function chosenIn(cluster: FaultCluster, asked: DeletedPods): Promise<readonly Known[]> {
  const {name, namespace, api} = cluster
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${asked.deployment}`
  const found = await api.get(path, deploymentSchema)
  if (!found) throw deploymentUnknown(name, namespace, asked.deployment)
  const pods = await podsOf(cluster, selectorText(found.spec.selector))
  const alive = pods.filter(({metadata}) => metadata.deletionTimestamp === undefined)
  const chosen = alive.slice(0, howMany(asked, alive.length))
  if (chosen.length > 0) return chosen.map(({metadata: {name: pod, uid}}) => ({name: pod, uid}))
  throw refusal('FAULT_NO_PODS', {
    message: `${asked.deployment} has no Pod in ${name} that could be deleted.`,
    hint: 'pp status',
  })
}

const noteName = (id: string): string => `pp-fault-${id.toLowerCase()}`
const notePath = ({namespace}: FaultCluster, id: string): string =>
  `${configMapsPath(namespace)}/${noteName(id)}`

/** What was written down before; undefined: nothing, or it was taken away when the Pods were back. */
async function noted(cluster: FaultCluster, id: string): Promise<readonly Known[] | undefined> {
  const found = await cluster.api.get(notePath(cluster, id), noteSchema)
  return found && knownSchema.parse(parsedJson(found.data.pods))
}

/** @returns what stands there: that of who was first. */
async function note(cluster: FaultCluster, id: string, pods: readonly Known[]): Promise<readonly Known[]> {
  const {api, namespace} = cluster
  const data = {pods: JSON.stringify(pods)}
  const body = ownConfigMap({name: noteName(id), namespace, labels: {}, data})
  const written = await api.write({method: 'POST', path: configMapsPath(namespace), body}, z.unknown())
  return written.kind === 'conflict' ? ((await noted(cluster, id)) ?? []) : pods
}

async function proveDeleted(cluster: FaultCluster, id: string): Promise<Proof> {
  const pods = await noted(cluster, id)
  if (!pods) return {holds: false, measured: `nothing was deleted in ${cluster.name}`}
  const still = await stillThere(cluster, pods)
  return still.length === 0
    ? {
        holds: true,
        measured: `${cluster.name} knows ${counted(pods.length, 'Pod')} no more: ${pods.map(({name}) => name).join(' ')}`,
      }
    : {holds: false, measured: `${cluster.name} still has ${still.join(' ')}`}
}

async function proveBack(cluster: FaultCluster, {deployment, id}: DeletedPods): Promise<Proof> {
  const isNoted = (await noted(cluster, id)) !== undefined
  const {wanted, ready} = (await readinessIn(cluster.api, cluster.namespace, deployment)) ?? {
    wanted: Infinity,
    ready: 0,
  }
  return {holds: !isNoted && ready >= wanted, measured: `${ready} of ${wanted} ready in ${cluster.name}`}
}

async function isBack(cluster: FaultCluster, deployment: string, pods: readonly Known[]): Promise<boolean> {
  const found = await readinessIn(cluster.api, cluster.namespace, deployment)
  if (!found || found.ready < found.wanted) return false
  return (await stillThere(cluster, pods)).length === 0
}

/** Names of those that the cluster still knows. */
async function stillThere(cluster: FaultCluster, pods: readonly Known[]): Promise<readonly string[]> {
  const there = new Set((await podsOf(cluster)).map(({metadata}) => metadata.uid))
  return pods.filter(({uid}) => there.has(uid)).map(({name}) => name)
}
