import {createHash} from 'node:crypto'
import * as z from 'zod'

import {configMapsPath, ownConfigMap} from './config-map.ts'
import type {ClusterWriter} from './types.ts'

/** A journal's copy in one cluster. */
export interface JournalCopy {
  readonly operation: string
  readonly lines: readonly string[]
  readonly version: string
}

interface Place {
  readonly namespace: string
  readonly operation: string
}

const operationKey = 'pp.pixelpulse.io/operation'
const targetKey = 'pp.pixelpulse.io/target'
const file = 'journal.ndjson'
const selector = `app.kubernetes.io/managed-by=pp,${operationKey}`

const copySchema = z
  .object({
    metadata: z.object({
      name: z.string(),
      resourceVersion: z.string(),
      labels: z.record(z.string(), z.string()),
    }),
    data: z.record(z.string(), z.string()).default({}),
  })
  .transform(({metadata, data}): JournalCopy => ({
    operation: metadata.labels[operationKey] ?? '',
    lines: (data[file] ?? '').split('\n').slice(0, -1),
    version: metadata.resourceVersion,
  }))

const nameOf = (operation: string): string => `pp-journal-${operation.toLowerCase()}`

/** @throws PpError CLUSTER_…. */
export const readCopy = (
  cluster: Pick<ClusterWriter, 'get'>,
  {namespace, operation}: Place,
): Promise<JournalCopy | undefined> =>
  cluster.get(`${configMapsPath(namespace)}/${nameOf(operation)}`, copySchema)

/** @param target as they were written with; undefined: of all operations. @throws PpError CLUSTER_…. */
export const listCopies = (
  cluster: Pick<ClusterWriter, 'list'>,
  namespace: string,
  target?: string,
): Promise<readonly JournalCopy[]> =>
  cluster.list(configMapsPath(namespace), copySchema, {
    labelSelector: target === undefined ? selector : `${selector},${targetKey}=${target}`,
  })

/**
 * Writes the whole journal, only where the copy is still as it was read.
 *
 * A ConfigMap and no Secret: nothing secret is in a journal, and who may read Secrets reads those of the services too.
 *
 * @param target as a label's value. @param version undefined: there is no copy yet.
 * @returns `conflict` when somebody was quicker. @throws PpError CLUSTER_….
 */
export async function writeCopy(
  cluster: ClusterWriter,
  {namespace, operation, target}: Place & {readonly target: string},
  lines: readonly string[],
  version: string | undefined,
): Promise<JournalCopy | 'conflict'> {
  const name = nameOf(operation)
  const labels = {[operationKey]: operation, [targetKey]: target}
  const data = {[file]: lines.map((line) => `${line}\n`).join('')}
  const body = ownConfigMap({name, namespace, labels, data, version})
  const written = await cluster.write(
    version === undefined
      ? {method: 'POST', path: configMapsPath(namespace), body}
      : {method: 'PATCH', path: `${configMapsPath(namespace)}/${name}`, patch: 'merge', body},
    copySchema,
  )
  return written.kind === 'written' ? written.object : 'conflict'
}

/** Keeps a chain that another one takes the place of, beside it. @throws PpError CLUSTER_…. */
export async function setAside(
  cluster: ClusterWriter,
  {namespace, operation}: Place,
  lines: readonly string[],
): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join('')
  const key = `${file}.${createHash('sha256').update(text).digest('hex').slice(0, 8)}`
  await cluster.write(
    {
      method: 'PATCH',
      path: `${configMapsPath(namespace)}/${nameOf(operation)}`,
      patch: 'merge',
      body: {data: {[key]: text}},
    },
    z.unknown(),
  )
}

/** @throws PpError CLUSTER_…. */
export async function removeCopy(cluster: ClusterWriter, {namespace, operation}: Place): Promise<void> {
  await cluster.write(
    {method: 'DELETE', path: `${configMapsPath(namespace)}/${nameOf(operation)}`},
    z.unknown(),
  )
}
