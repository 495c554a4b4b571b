import {readFileSync, writeFileSync} from 'node:fs'
import * as z from 'zod/mini'

import {refusal, usageError, type PpError} from '../errors.ts'

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
  }),
  /** Facts the plan was made from; applied only while they still hold. */
  fingerprint: z.string(),
})
export type SavedPlan = Omit<z.infer<typeof savedPlan>, 'schemaVersion' | 'request'> & {
  readonly request: Required<z.infer<typeof savedPlan>['request']>
}

export function writePlan(
  file: string,
  plan: {readonly request: object; readonly fingerprint: string},
): void {
  writeFileSync(file, `${JSON.stringify({schemaVersion: 1, ...plan}, undefined, 2)}\n`, {mode: 0o600})
}

/** @throws PpError PLAN_UNREADABLE. */
export function readPlan(file: string): SavedPlan {
  try {
    const {request, fingerprint} = savedPlan.parse(JSON.parse(readFileSync(file, 'utf8')))
    return {request: {...request, from: request.from ?? '', to: request.to ?? ''}, fingerprint}
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
