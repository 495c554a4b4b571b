import type * as z from 'zod'

import type {ClusterWriter} from '../drivers/kubernetes/types.ts'
import {PpError} from '../errors.ts'
import {follow} from '../workload/follow.ts'

interface Wanted<T> {
  readonly schema: z.ZodType<T>
  /** Told each state as the API server shows it; undefined: there is no such object. */
  readonly isEnough: (object: T | undefined) => boolean
  readonly seconds: number
  /** Asked once a second whether to give up, and why. */
  readonly giveUp: () => string | undefined
  readonly what: string
  readonly hint: string
}

const askEveryMs = 1000

/**
 * Watches one object until it is as it shall be.
 *
 * @throws PpError STEP_TIMED_OUT, STEP_GIVEN_UP, and as `follow`.
 */
export async function untilSo<T>(
  api: ClusterWriter,
  {path, name}: {readonly path: string; readonly name: string},
  {schema, isEnough, seconds, giveUp, what, hint}: Wanted<T>,
): Promise<void> {
  const over = new AbortController()
  const late = setTimeout(() => over.abort(), seconds * 1000)
  let end: {readonly because: string | undefined} | undefined
  let silence: string | undefined
  const asking = setInterval(() => {
    const because = giveUp()
    if (because === undefined) return
    end = {because}
    over.abort()
  }, askEveryMs)
  try {
    await follow(api, {
      path,
      schema,
      query: {fieldSelector: `metadata.name=${name}`},
      signal: over.signal,
      tell([object]) {
        silence = undefined
        if (!isEnough(object)) return
        end = {because: undefined}
        over.abort()
      },
      onSilence(why) {
        silence = why
      },
    })
  } finally {
    clearTimeout(late)
    clearInterval(asking)
  }
  if (end?.because !== undefined)
    throw new PpError('degraded', 'STEP_GIVEN_UP', {message: `${what}: ${end.because}.`, hint})
  if (!end)
    throw new PpError('degraded', 'STEP_TIMED_OUT', {
      message: `Waited ${seconds} s for ${what}${silence === undefined ? '' : ` (the API server is silent: ${silence})`}.`,
      hint,
    })
}
