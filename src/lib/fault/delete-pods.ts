import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import {counted} from '../counted.ts'
import {refusal} from '../errors.ts'
import {allHold, deletePods, podsOf, type FaultCluster, type FaultPod} from './on-cluster.ts'
import type {Fault, Proof} from './types.ts'

export interface DeletedPods {
  readonly deployment: string
  /** How many in each cluster; a share of them, rounded up, when `percent` is given. */
  readonly count: number | undefined
  readonly percent: number | undefined
}

const deploymentSchema = z.object({
  spec: z.object({
    replicas: z.int().default(1),
    selector: z.object({matchLabels: z.record(z.string(), z.string()).default({})}),
  }),
  status: z.object({readyReplicas: z.int().default(0)}).prefault({}),
})

const backSeconds = 180
const paceMs = 500

/** How many of so many Pods are deleted. */
export const howMany = ({count, percent}: Omit<DeletedPods, 'deployment'>, pods: number): number =>
  Math.min(pods, percent === undefined ? (count ?? 1) : Math.ceil((pods * percent) / 100))

/**
 * Pods of a Deployment are deleted. Their ReplicaSet makes new ones by itself, so undoing only waits for them.
 *
 * @throws PpError FAULT_NO_PODS, CLUSTER_….
 */
export function deletePodsFault(clusters: readonly FaultCluster[], asked: DeletedPods): Fault<DeletedPods> {
  const {deployment} = asked
  let deleted: readonly {readonly cluster: FaultCluster; readonly pods: readonly FaultPod[]}[] = []
  const ready = async (): Promise<Proof> => allHold(await Promise.all(clusters.map(readyIn)))
  const readyIn = async (cluster: FaultCluster): Promise<Proof> => {
    const {spec, status} = await deploymentIn(cluster, deployment)
    return {
      holds: status.readyReplicas >= spec.replicas,
      measured: `${status.readyReplicas} of ${spec.replicas} ready in ${cluster.name}`,
    }
  }
  return {
    async apply() {
      // Chosen everywhere before one is touched: a cluster that does not answer leaves all of them whole.
      deleted = await Promise.all(
        clusters.map(async (cluster) => ({cluster, pods: await chosenIn(cluster, asked)})),
      )
      for (const {cluster, pods} of deleted) await deletePods(cluster, pods)
      return asked
    },
    async undo() {
      for (const deadline = performance.now() + backSeconds * 1000; performance.now() < deadline;) {
        if ((await ready()).holds) return
        await sleep(paceMs)
      }
    },
    async proveInForce() {
      return allHold(await Promise.all(deleted.map(({cluster, pods}) => proveDeleted(cluster, pods))))
    },
    proveGone: ready,
  }
}

async function chosenIn(cluster: FaultCluster, asked: DeletedPods): Promise<readonly FaultPod[]> {
  const {spec} = await deploymentIn(cluster, asked.deployment)
  const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`)
  const pods = selector.length === 0 ? [] : await podsOf(cluster, selector.join(','))
  const alive = pods.filter(({metadata}) => metadata.deletionTimestamp === undefined)
  const chosen = alive.slice(0, howMany(asked, alive.length))
  if (chosen.length > 0) return chosen
  throw refusal('FAULT_NO_PODS', {
    message: `${asked.deployment} has no Pod in ${cluster.name} that could be deleted.`,
    hint: 'pp status',
  })
}

async function proveDeleted(cluster: FaultCluster, pods: readonly FaultPod[]): Promise<Proof> {
  const left = new Set((await podsOf(cluster)).map(({metadata}) => metadata.uid))
  const still = pods.filter(({metadata}) => left.has(metadata.uid)).map(({metadata}) => metadata.name)
  const names = pods.map(({metadata}) => metadata.name).join(' ')
  return still.length === 0
    ? {holds: true, measured: `${cluster.name} knows ${counted(pods.length, 'Pod')} no more: ${names}`}
    : {holds: false, measured: `${cluster.name} still has ${still.join(' ')}`}
}

async function deploymentIn({api, name, namespace}: FaultCluster, deployment: string) {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`
  const found = await api.get(path, deploymentSchema)
  if (found) return found
  throw refusal('DEPLOYMENT_UNKNOWN', {
    message: `${name} has no Deployment ${deployment} in the namespace ${namespace}.`,
    hint: `Correct the service's deployment, or clusters.${name}.namespace, in the fleet file.`,
  })
}
