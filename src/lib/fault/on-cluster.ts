import * as z from 'zod'

import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import type {Proof} from './types.ts'

const strings = z.record(z.string(), z.string())

/** A Pod as far as a fault needs it. */
export const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    annotations: strings.default({}),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z.array(z.object({kind: z.string()})).default([]),
  }),
  spec: z.object({nodeName: z.string().optional()}).default({}),
})
export type FaultPod = z.output<typeof podSchema>

/** A cluster that a fault may act in, and the namespace outside of which it touches no Pod. */
export interface FaultCluster {
  readonly name: string
  readonly namespace: string
  readonly api: ClusterWriter
}

export const podsOf = (
  {api, namespace}: FaultCluster,
  labelSelector?: string,
): Promise<readonly FaultPod[]> =>
  api.list(
    `/api/v1/namespaces/${namespace}/pods`,
    podSchema,
    labelSelector === undefined ? {} : {labelSelector},
  )

/** Ends Pods as a loss would: without grace, and without asking a disruption budget. One that is gone is no mistake. */
export async function deletePods(
  {api, namespace}: FaultCluster,
  pods: readonly Pick<FaultPod['metadata'], 'name' | 'uid'>[],
): Promise<void> {
  await Promise.all(
    pods.map(({name, uid}) =>
      api.write(
        {
          method: 'DELETE',
          path: `/api/v1/namespaces/${namespace}/pods/${name}`,
          // Never one of the same name that came after it.
          body: {gracePeriodSeconds: 0, preconditions: {uid}},
        },
        z.unknown(),
      ),
    ),
  )
}

/** What was measured in each cluster as one proof. */
export const allHold = (proofs: readonly Proof[]): Proof => ({
  holds: proofs.every(({holds}) => holds),
  measured: proofs.map(({measured}) => measured).join('; '),
})
