import {setTimeout as sleep} from 'node:timers/promises'
import type * as z from 'zod'

import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import {PpError} from '../errors.ts'

const retryMs = 500

interface Waited<T> {
  readonly schema: z.ZodType<T>
  /** Told each state as the API server shows it; undefined: there is no such object. */
  readonly isEnough: (object: T | undefined) => boolean
  readonly seconds: number
  /** Asked once a second whether to give up. */
  readonly giveUp: () => string | undefined
  readonly what: string
  readonly hint: string
}

/**
 * Watches one object until it is as it shall be. An API server that is away for a moment is asked again.
 *
 * @throws PpError STEP_TIMED_OUT, STEP_GIVEN_UP, and CLUSTER_… when it is still away at the end.
 */
export async function follow<T>(
  api: Pick<ClusterWriter, 'listVersioned' | 'watch'>,
  {path, name}: {readonly path: string; readonly name: string},
  {schema, isEnough, seconds, giveUp, what, hint}: Waited<T>,
): Promise<void> {
  const query = {fieldSelector: `metadata.name=${name}`}
  const ended = new AbortController()
  const outcome: {reached?: true; because?: string} = {}
  const tell = (object: T | undefined) => {
    if (!isEnough(object)) return
    outcome.reached = true
    ended.abort()
  }
  const late = setTimeout(() => ended.abort(), seconds * 1000)
  const asking = setInterval(() => {
    const because = giveUp()
    if (because === undefined) return
    outcome.because = because
    ended.abort()
  }, 1000)
  let away: PpError | undefined
  try {
    while (!ended.signal.aborted) {
      try {
        const {items, version} = await api.listVersioned(path, schema, query)
        tell(items[0])
        away = undefined
        await api.watch(path, schema, {
          version,
          query,
          signal: ended.signal,
          tell: ({kind, object}) => {
            tell(kind === 'gone' ? undefined : object)
          },
        })
      } catch (error) {
        if (!(error instanceof PpError) || error.outcome !== 'unavailable') throw error
        away = error
        await sleep(retryMs)
      }
    }
  } finally {
    clearTimeout(late)
    clearInterval(asking)
  }
  if (outcome.reached) return
  if (outcome.because !== undefined)
    throw new PpError('degraded', 'STEP_GIVEN_UP', {message: `${what}: ${outcome.because}.`, hint})
  throw away ?? new PpError('degraded', 'STEP_TIMED_OUT', {message: `Waited ${seconds} s for ${what}.`, hint})
}
