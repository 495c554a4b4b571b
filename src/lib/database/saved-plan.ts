import * as z from 'zod/mini'

import type {LossLimit} from '../loss-limit.ts'
import {planStale, readPlan, savePlan} from '../operation/saved-plan.ts'
import type {PpError} from '../errors.ts'

const command = 'failover db'
const savedChange = z.object({
  request: z.object({
    from: z.string(),
    to: z.string(),
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
type SavedRequest = z.infer<typeof savedChange>['request']
export interface SavedChange {
  readonly request: Omit<SavedRequest, 'maxLoss'> & {readonly maxLoss: LossLimit | undefined}
  readonly fingerprint: string
}

/** @throws PpError PLAN_UNWRITABLE. */
export const saveChange = (
  file: string,
  plan: {readonly request: object; readonly fingerprint: string},
): void => {
  savePlan(file, plan, command)
}

/** @throws PpError PLAN_UNREADABLE. */
export function readChange(file: string): SavedChange {
  const {request, fingerprint} = readPlan(file, savedChange, {what: command, anew: command})
  const {maxLoss: limit} = request
  // What is unlimited was left out of the JSON.
  const maxLoss = limit && {bytes: limit.bytes, seconds: limit.seconds}
  return {request: {...request, maxLoss}, fingerprint}
}

export const changeStale = (file: string, database: string): PpError =>
  planStale(file, database, `pp ${command} --plan --out ${file}`)
