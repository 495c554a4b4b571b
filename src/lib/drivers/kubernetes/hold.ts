import * as z from 'zod'

import {parsedJson} from '../../parsed-json.ts'
import {kubectl} from './errors.ts'
import type {ClusterAccess, ClusterReader, ClusterWriter} from './types.ts'

const holdSchema = z.object({
  operation: z.string(),
  run: z.string(),
  drill: z.string(),
  owner: z.string(),
  services: z.array(z.string()),
  /** By the API server's clock. */
  since: z.iso.datetime(),
  until: z.iso.datetime(),
})

/** A drill's note in a cluster that it disturbs services there. It ends by itself, and is no lock of the drill. */
export type Hold = z.infer<typeof holdSchema>

const noteSchema = z
  .object({data: z.object({hold: z.string()})})
  .transform(({data}) => holdSchema.parse(parsedJson(data.hold)))

const label = 'pp.pixelpulse.io/hold'
const pathOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`
const nameOf = (operation: string): string => `pp-hold-${operation.toLowerCase()}`

/** The hold that is in force on a service. @throws PpError CLUSTER_…. */
export async function holdOn(
  cluster: Pick<ClusterReader, 'list' | 'serverNow'>,
  namespace: string,
  service: string,
): Promise<Hold | undefined> {
  const holds = await cluster.list(pathOf(namespace), noteSchema, {labelSelector: label})
  const now = cluster.serverNow() ?? Date.now()
  return holds.find(({services, until}) => services.includes(service) && Date.parse(until) > now)
}

/** Writes a hold, or prolongs that of the same operation; without its namespace nobody could lock there either. @throws PpError CLUSTER_…. */
export async function writeHold(
  cluster: ClusterWriter,
  namespace: string,
  about: Omit<Hold, 'since' | 'until'>,
  lifeSeconds: number,
): Promise<void> {
  const name = nameOf(about.operation)
  const path = `${pathOf(namespace)}/${name}`
  // Its answer says what time it is there.
  const before = await cluster.get(path, noteSchema)
  const now = cluster.serverNow() ?? Date.now()
  const iso = (ms: number) => new Date(ms).toISOString()
  const hold: Hold = {...about, since: before?.since ?? iso(now), until: iso(now + lifeSeconds * 1000)}
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      labels: {'app.kubernetes.io/managed-by': 'pp', [label]: about.operation},
    },
    data: {hold: JSON.stringify(hold)},
  }
  await cluster.write(
    before ? {method: 'PATCH', path, patch: 'merge', body} : {method: 'POST', path: pathOf(namespace), body},
    z.unknown(),
  )
}

/** What an operator types to remove a hold that pp could not. */
export const removalOf = (access: ClusterAccess, namespace: string, operation: string): string =>
  kubectl(access, '--namespace', namespace, 'delete', 'configmap', nameOf(operation))

/** @throws PpError CLUSTER_…. */
export async function removeHold(
  cluster: ClusterWriter,
  namespace: string,
  operation: string,
): Promise<void> {
  await cluster.write({method: 'DELETE', path: `${pathOf(namespace)}/${nameOf(operation)}`}, z.unknown())
}
