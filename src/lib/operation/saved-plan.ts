import {readFileSync, writeFileSync} from 'node:fs'
import * as z from 'zod/mini'

import {messageOf, type PpError, refusal, usageError} from '../errors.ts'
import type {LossLimit} from '../loss-limit.ts'

const savedPlan = z.object({
  schemaVersion: z.literal(1),
  request: z.object({
    from: z.optional(z.string()),
    to: z.optional(z.string()),
    maxLagBytes: z.number(),
    pauseSeconds: z.number(),
    windowSeconds: z.number(),
    acceptUnlogged: z.boolean(),
    acceptSlotLoss: z.boolean(),
    insist: z.enum(['planned', 'unplanned']),
    maxLoss: z.optional(z.object({bytes: z.optional(z.number()), seconds: z.optional(z.number())})),
    again: z.boolean(),
    forceUnfenced: z.boolean(),
  }),
  /** Facts the plan was made from; applied only while they still hold. */
  fingerprint: z.string(),
})
type SavedRequest = z.infer<typeof savedPlan>['request']
export interface SavedPlan {
  readonly request: Omit<SavedRequest, 'from' | 'to' | 'maxLoss'> & {
    readonly from: string
    readonly to: string
    readonly maxLoss: LossLimit | undefined
  }
  readonly fingerprint: string
}

/** @throws PpError PLAN_UNWRITABLE. */
export function writePlan(
  file: string,
  plan: {readonly request: object; readonly fingerprint: string},
): void {
  try {
    writeFileSync(file, `${JSON.stringify({schemaVersion: 1, ...plan}, undefined, 2)}\n`, {mode: 0o600})
  } catch (cause) {
    throw usageError('PLAN_UNWRITABLE', {
      message: `The plan could not be saved: ${messageOf(cause)}`,
      hint: 'Name a file in a folder that you may write to: pp failover db --plan --out FILE',
      cause,
    })
  }
}

/** @throws PpError PLAN_UNREADABLE. */
export function readPlan(file: string): SavedPlan {
  try {
    const {request, fingerprint} = savedPlan.parse(JSON.parse(readFileSync(file, 'utf8')))
    const {from = '', to = '', maxLoss: limit} = request
    // What is unlimited was left out of the JSON.
    const maxLoss = limit && {bytes: limit.bytes, seconds: limit.seconds}
    return {request: {...request, from, to, maxLoss}, fingerprint}
  } catch (cause) {
    throw usageError('PLAN_UNREADABLE', {
      message: `${file} holds no saved plan: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)}`,
      hint: `pp failover db --plan --out ${file}`,
      cause,
    })
  }
}

export function planStale(file: string, target: string): PpError {
  return refusal('PLAN_STALE', {
    message: `${target} has changed since ${file} was made; nothing was touched.`,
    hint: `pp failover db --plan --out ${file}`,
  })
}
