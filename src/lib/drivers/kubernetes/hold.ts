import * as z from 'zod'

import {parsedJson} from '../../parsed-json.ts'
import {configMapsPath, ownConfigMap} from './config-map.ts'
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

const label = 'pp.pixelpulse.io/hold'
/** For how long a hold that cannot be read counts. */
const unreadableMs = 2 * 3_600_000

interface Note {
  readonly hold: Hold
  readonly isOn: (service: string) => boolean
}

const metadataSchema = z.object({
  creationTimestamp: z.iso.datetime().default(new Date(0).toISOString()),
  labels: z.record(z.string(), z.string()).default({}),
})

// One that cannot be read must not make those beside it unreadable: nobody could change a service there until it is removed.
const noteSchema = z
  .object({
    metadata: metadataSchema.prefault({}),
    data: z.object({hold: z.string().default('')}).prefault({}),
  })
  .transform(({metadata, data}): Note => {
    const {data: hold} = holdSchema.safeParse(parsedJson(data.hold))
    if (!hold) return {hold: unreadable(metadata), isOn: () => true}
    return {hold, isOn: (service) => hold.services.includes(service)}
  })

/** Perhaps of a newer pp. It may be about any service. */
const unreadable = ({creationTimestamp, labels}: z.output<typeof metadataSchema>): Hold => ({
  operation: labels[label] ?? 'unknown',
  run: 'unknown',
  drill: 'unknown',
  owner: 'unknown',
  services: [],
  since: creationTimestamp,
  until: new Date(Date.parse(creationTimestamp) + unreadableMs).toISOString(),
})

const nameOf = (operation: string): string => `pp-hold-${operation.toLowerCase()}`

/** The hold that is in force on a service, of any operation but one. @throws PpError CLUSTER_…. */
export async function holdOn(
  cluster: Pick<ClusterReader, 'list' | 'serverNow'>,
  namespace: string,
  service: string,
  but?: string,
): Promise<Hold | undefined> {
  const notes = await cluster.list(configMapsPath(namespace), noteSchema, {labelSelector: label})
  const now = cluster.serverNow() ?? Date.now()
  return notes.find(({hold, isOn}) => isOn(service) && hold.operation !== but && Date.parse(hold.until) > now)
    ?.hold
}

/** Writes a hold, or prolongs that of the same operation; without its namespace nobody could lock there either. @throws PpError CLUSTER_…. */
export async function writeHold(
  cluster: ClusterWriter,
  namespace: string,
  about: Omit<Hold, 'since' | 'until'>,
  lifeSeconds: number,
): Promise<void> {
  const name = nameOf(about.operation)
  const path = `${configMapsPath(namespace)}/${name}`
  // Its answer says what time it is there.
  const before = await cluster.get(path, noteSchema)
  const now = cluster.serverNow() ?? Date.now()
  const iso = (ms: number) => new Date(ms).toISOString()
  const hold: Hold = {...about, since: before?.hold.since ?? iso(now), until: iso(now + lifeSeconds * 1000)}
  const data = {hold: JSON.stringify(hold)}
  const body = ownConfigMap({name, namespace, labels: {[label]: about.operation}, data})
  await cluster.write(
    before
      ? {method: 'PATCH', path, patch: 'merge', body}
      : {method: 'POST', path: configMapsPath(namespace), body},
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
  await cluster.write(
    {method: 'DELETE', path: `${configMapsPath(namespace)}/${nameOf(operation)}`},
    z.unknown(),
  )
}
