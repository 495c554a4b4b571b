import {usageError} from '../errors.ts'
import {parseSurge, parseTarget} from './target.ts'
import type {ScaleRequest} from './types.ts'

interface Typed {
  readonly service: string
  readonly target?: string | undefined
  readonly surge?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly site?: string | undefined
}

/** What was typed, as one request. @throws PpError TARGET_INVALID, exit 2. */
export function requestOf(
  {service, target, surge, min, max, site}: Typed,
  isProtected: boolean,
): ScaleRequest {
  const hasBounds = min !== undefined || max !== undefined
  if ([target !== undefined, surge !== undefined, hasBounds].filter(Boolean).length !== 1)
    throw usageError('TARGET_INVALID', {
      message: 'One of a number, --surge, or --min and --max says how many.',
      hint: `pp scale ${service} 24 --plan`,
    })
  if (hasBounds) return {kind: 'bounds', service, site, isProtected, min, max}
  const parsed = target === undefined ? parseSurge(surge ?? '') : parseTarget(target)
  if (parsed) return {kind: 'replicas', service, site, isProtected, target: parsed}
  throw usageError('TARGET_INVALID', {
    message:
      target === undefined
        ? `"${surge ?? ''}" is no surge: write a share of what it has now, 100% or more.`
        : `"${target}" is no number of replicas: write 24, +6, -4 or x3.`,
    hint: target === undefined ? `pp scale ${service} --surge 300% --plan` : `pp scale ${service} +6 --plan`,
  })
}
