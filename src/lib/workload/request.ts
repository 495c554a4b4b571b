import {again} from '../again.ts'
import {usageError} from '../errors.ts'
import {parseSplit, parseSurge, parseTarget} from './target.ts'
import type {ScaleRequest} from './types.ts'
import {longestSeconds, shortestSeconds, stretchOf, type Stretch} from './until.ts'

interface Typed {
  readonly service: string
  readonly target?: string | undefined
  readonly surge?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly site?: string | undefined
  readonly split?: string | undefined
  readonly isPartial?: boolean
  /** As many as a queue needs, already counted. */
  readonly atLeast?: number | undefined
  /** Seconds after which it is given back. */
  readonly until?: number | undefined
}

/** What was typed, as one request. @throws PpError TARGET_INVALID, exit 2. */
export function requestOf(
  {service, target, surge, min, max, site, split: shares, isPartial = false, atLeast, until: seconds}: Typed,
  isProtected: boolean,
  nowMs = Date.now(),
): ScaleRequest {
  const hasBounds = min !== undefined || max !== undefined
  if (
    [target !== undefined, surge !== undefined, hasBounds, atLeast !== undefined].filter(Boolean).length !== 1
  )
    throw usageError('TARGET_INVALID', {
      message: 'One of a number, --surge, --for-queue, or --min and --max says how many.',
      hint: `pp scale ${service} 24 --plan`,
    })
  const until = seconds === undefined ? undefined : checkedStretch(service, seconds, nowMs)
  if (hasBounds) return {kind: 'bounds', service, site, isProtected, until, min, max}
  const typed = target === undefined ? parseSurge(surge ?? '') : parseTarget(target)
  const parsed = atLeast === undefined ? typed : ({kind: 'at-least', replicas: atLeast} as const)
  const split = shares === undefined ? undefined : parseSplit(shares)
  if (shares !== undefined && !split)
    throw usageError('SPLIT_INVALID', {
      message: `"${shares}" is no split: write a number for each site.`,
      hint: again('--split', 'rack=60,aws=40'),
    })
  if (parsed) return {kind: 'replicas', service, site, isProtected, until, target: parsed, split, isPartial}
  throw usageError('TARGET_INVALID', {
    message:
      target === undefined
        ? `"${surge ?? ''}" is no surge: write a share of what it has now, 100% or more.`
        : `"${target}" is no number of replicas: write 24, +6, -4 or x3.`,
    hint: target === undefined ? `pp scale ${service} --surge 300% --plan` : `pp scale ${service} +6 --plan`,
  })
}

function checkedStretch(service: string, seconds: number, nowMs: number): Stretch {
  if (seconds >= shortestSeconds && seconds <= longestSeconds) return stretchOf(seconds, nowMs)
  throw usageError('UNTIL_INVALID', {
    message: '--until takes one minute to thirty days.',
    hint: `pp scale ${service} +6 --until 2h --plan`,
  })
}
