import * as z from 'zod'

import {kubectl} from '../../drivers/kubernetes/errors.ts'
import {messageOf, PpError} from '../../errors.ts'
import type {StepContext} from '../../operation/types.ts'
import type {ServiceCluster} from '../open-service.ts'
import {drain} from './drain.ts'
import {awsOf} from './grow.ts'
import type {ReturnedNode} from './types.ts'

/**
 * Empties a node and terminates exactly its instance, which makes its group smaller by it. A node that does not become empty in
 * time, as a disruption budget does not allow it say, takes Pods again and stays.
 *
 * @returns `kept`: why it stays. @throws PpError AWS_…, CLUSTER_….
 */
export async function returnNode(
  cluster: ServiceCluster,
  step: ReturnedNode,
  context: StepContext,
  withinSeconds: number,
): Promise<{readonly instance: string; readonly kept?: string}> {
  const {node, instance, wasCordoned} = step
  const keep = async (kept: string) => {
    if (node !== null && !wasCordoned) await uncordon(cluster, node)
    return {instance, kept}
  }
  if (node !== null) {
    const drained = await drain(cluster, node, context, withinSeconds)
    if (context.isInterrupted()) {
      if (!wasCordoned) await uncordon(cluster, node)
      throw new Error('it was told to stop')
    }
    if (!drained.isEmpty) return keep(`${drained.because}: ${drained.next}`)
  }
  // Whoever has taken the operation over may have put Pods there again.
  if (context.leaseLeftSeconds() <= 0) throw new Error('the lock has run out')
  try {
    await awsOf(cluster).terminate(instance)
    return {instance}
  } catch (error) {
    if (!(error instanceof PpError) || error.code !== 'NODE_GROUP_AT_MIN') throw error
    return keep(`${messageOf(error)} ${kubectl(cluster.declared, 'get', `node/${node ?? ''}`)}`)
  }
}

/** Lets a node take Pods again; one that is gone needs nothing. */
export async function uncordon({api}: ServiceCluster, node: string): Promise<unknown> {
  await api.write(
    {
      method: 'PATCH',
      path: `/api/v1/nodes/${node}`,
      patch: 'merge',
      body: {spec: {unschedulable: null}},
    },
    z.unknown(),
  )
  return {node}
}
