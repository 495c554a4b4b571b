import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import {messageOf} from '../errors.ts'

interface Followed<T> {
  readonly path: string
  readonly schema: z.ZodType<T>
  readonly query: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** The whole list, whenever something of it has changed. */
  readonly tell: (items: readonly T[]) => void
  /** The API server does not answer; it is asked again. */
  readonly onSilence: (why: string) => void
}

const againAfterMs = 250

/**
 * Follows a list by watching it until the signal. An API server that goes away and comes back is followed on.
 *
 * @throws PpError only what no waiting mends: CLUSTER_FORBIDDEN, CLUSTER_LOGIN_REFUSED.
 */
export async function follow<T>(api: ClusterWriter, followed: Followed<T>): Promise<void> {
  const {path, schema, query, signal, tell, onSilence} = followed
  const named = z.unknown().transform((object) => ({
    name: nameSchema.parse(object).metadata.name,
    item: schema.parse(object),
  }))
  // Asked each time: it changes while something is awaited.
  const isOver = (): boolean => signal.aborted
  while (!isOver()) {
    try {
      const {items, version} = await api.listVersioned(path, named, query)
      const known = new Map(items.map(({name, item}) => [name, item]))
      tell([...known.values()])
      let from = version
      let end = 'ended'
      while (end === 'ended' && !isOver()) {
        end = await api.watch(path, named, {
          version: from,
          query,
          signal,
          tell: ({kind, object: {name, item}, version: now}) => {
            from = now
            if (kind === 'gone') known.delete(name)
            else known.set(name, item)
            tell([...known.values()])
          },
        })
      }
    } catch (error) {
      if ((error as {outcome?: unknown}).outcome === 'denied') throw error
      if (!isOver()) onSilence(messageOf(error))
    }
    await sleep(againAfterMs, undefined, {signal}).catch(() => undefined)
  }
}

const nameSchema = z.object({metadata: z.object({name: z.string()})})
