import * as z from 'zod'

import {parsedJson} from '../../parsed-json.ts'
import type {ClusterWriter} from './types.ts'

/** A Lease of `pp` as it is in one cluster. */
export interface LeaseState<Holder> {
  /** Undefined: nobody holds it. */
  readonly holder: Holder | undefined
  /** Raised whenever it changes hands. */
  readonly token: number
  /** How long nobody may take it over, by the API server's own clock; less than 0 when it has ended. */
  readonly leftSeconds: number
  /** Precondition of its change; undefined: there is no such Lease. */
  readonly version: string | undefined
}

export interface LeaseChange<Holder> {
  readonly holder: Holder | undefined
  /** As `kubectl get lease` shows it. */
  readonly identity: string
  readonly token: number
  readonly leaseSeconds: number
}

const holderKey = 'pp.pixelpulse.io/holder'
/** Times of the API server are known to the second. */
const marginSeconds = 1

const leaseSchema = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z
    .object({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().default(0),
      leaseTransitions: z.number().default(0),
      renewTime: z.string().nullish(),
    })
    .default({leaseDurationSeconds: 0, leaseTransitions: 0}),
})

const pathOf = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`

/** @throws PpError CLUSTER_…. */
export async function readLease<Holder>(
  cluster: ClusterWriter,
  {namespace, name}: {readonly namespace: string; readonly name: string},
  schema: z.ZodType<Holder>,
): Promise<LeaseState<Holder>> {
  const found = await cluster.get(`${pathOf(namespace)}/${name}`, leaseSchema)
  if (!found) return {holder: undefined, token: 0, leftSeconds: 0, version: undefined}
  const {metadata, spec} = found
  const told = schema.safeParse(parsedJson(metadata.annotations[holderKey] ?? ''))
  const isHeld = Boolean(spec.holderIdentity)
  const endsAt = Date.parse(spec.renewTime ?? '') + (spec.leaseDurationSeconds + marginSeconds) * 1000
  return {
    holder: isHeld ? told.data : undefined,
    token: spec.leaseTransitions,
    leftSeconds: isHeld ? (endsAt - (cluster.serverNow() ?? Date.now())) / 1000 : 0,
    version: metadata.resourceVersion,
  }
}

/**
 * Makes or changes a Lease, only where it is still as it was read.
 *
 * @returns its new version; `conflict` when somebody was quicker. @throws PpError CLUSTER_….
 */
export async function writeLease<Holder>(
  cluster: ClusterWriter,
  {
    namespace,
    name,
    version,
  }: {readonly namespace: string; readonly name: string; readonly version: string | undefined},
  {holder, identity, token, leaseSeconds}: LeaseChange<Holder>,
): Promise<{readonly version: string} | 'conflict'> {
  const now = new Date(cluster.serverNow() ?? Date.now()).toISOString().replace('Z', '000Z')
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace,
      labels: {'app.kubernetes.io/managed-by': 'pp'},
      annotations: {[holderKey]: holder === undefined ? null : JSON.stringify(holder)},
      ...(version === undefined ? {} : {resourceVersion: version}),
    },
    spec: {
      holderIdentity: holder === undefined ? null : identity,
      leaseDurationSeconds: leaseSeconds,
      leaseTransitions: token,
      renewTime: now,
    },
  }
  const written = await cluster.write(
    version === undefined
      ? {method: 'POST', path: pathOf(namespace), body}
      : {method: 'PATCH', path: `${pathOf(namespace)}/${name}`, patch: 'merge', body},
    leaseSchema,
  )
  return written.kind === 'written' ? {version: written.object.metadata.resourceVersion} : 'conflict'
}
