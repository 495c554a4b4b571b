import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import {kubectl} from '../../drivers/kubernetes/errors.ts'
import {messageOf, PpError} from '../../errors.ts'
import type {StepContext} from '../../operation/types.ts'
import {counted} from '../../counted.ts'
import {follow} from '../follow.ts'
import type {ServiceCluster} from '../open-service.ts'

/** Between two tries to evict what a budget does not let go yet, and two looks at whether everything is to be put back. */
const againAfterMs = 1000
/** Until the Pods are known. */
const firstLookMs = 50

const podSchema = z
  .object({
    metadata: z.object({
      name: z.string(),
      namespace: z.string(),
      deletionTimestamp: z.string().optional(),
      ownerReferences: z
        .array(z.object({kind: z.string(), controller: z.boolean().default(false)}))
        .default([]),
    }),
    status: z.object({phase: z.string().default('')}).default({phase: ''}),
  })
  .transform(({metadata, status}) => ({
    name: metadata.name,
    namespace: metadata.namespace,
    isTerminating: metadata.deletionTimestamp !== undefined,
    hasEnded: ['Succeeded', 'Failed'].includes(status.phase),
    controller: metadata.ownerReferences.find(({controller}) => controller)?.kind,
  }))
type Pod = z.output<typeof podSchema>

export type Drained =
  {readonly isEmpty: true} | {readonly isEmpty: false; readonly because: string; readonly next: string}

/**
 * Cordons a node and evicts its Pods, as their disruption budgets allow it, until none is left but those of DaemonSets and of the
 * kubelet itself. A Pod that nobody makes anew is never evicted.
 */
export async function drain(
  cluster: ServiceCluster,
  node: string,
  context: Pick<StepContext, 'isInterrupted' | 'detail'>,
  withinSeconds: number,
): Promise<Drained> {
  const {api, declared} = cluster
  const cordoned = await api.write(
    {method: 'PATCH', path: `/api/v1/nodes/${node}`, patch: 'merge', body: {spec: {unschedulable: true}}},
    z.unknown(),
  )
  if (cordoned.kind === 'missing') return {isEmpty: true}
  const over = new AbortController()
  let left: readonly Pod[] | undefined
  let because = 'the API server does not answer'
  const followed = follow(api, {
    path: '/api/v1/pods',
    schema: podSchema,
    query: {fieldSelector: `spec.nodeName=${node}`},
    signal: over.signal,
    tell(pods) {
      left = pods.filter(
        ({hasEnded, controller}) => !hasEnded && controller !== 'DaemonSet' && controller !== 'Node',
      )
      context.detail(`${node}: ${counted(left.length, 'Pod')} left`)
    },
    onSilence: (why) => {
      because = why
    },
  })
  const end = async (drained: Drained): Promise<Drained> => {
    over.abort()
    await followed
    return drained
  }
  const pods = kubectl(
    declared,
    'get',
    'pods',
    '--all-namespaces',
    '--field-selector',
    `spec.nodeName=${node}`,
  )
  for (const deadline = performance.now() + withinSeconds * 1000; performance.now() < deadline;) {
    if (context.isInterrupted()) break
    const now = left
    if (now?.length === 0) return end({isEmpty: true})
    const bare = now?.find(({controller}) => controller === undefined)
    if (bare)
      return end({
        isEmpty: false,
        because: `nobody would make pod/${bare.name} of ${bare.namespace} anew`,
        next: pods,
      })
    for (const pod of now ?? []) {
      if (!pod.isTerminating) because = (await evict(cluster, pod)) ?? `pod/${pod.name} has not ended`
      if (context.isInterrupted()) break
    }
    await sleep(now ? againAfterMs : firstLookMs)
  }
  return end({isEmpty: false, because, next: pods})
}

/** @returns why it may not go now. @throws PpError of what no waiting mends. */
async function evict({api}: ServiceCluster, {name, namespace}: Pod): Promise<string | undefined> {
  try {
    const eviction = {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name, namespace}}
    await api.write(
      {method: 'POST', path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, body: eviction},
      z.unknown(),
    )
    return undefined
  } catch (error) {
    // 429: a budget does not allow it now.
    if (error instanceof PpError && error.outcome === 'unavailable') return messageOf(error)
    throw error
  }
}
