import * as z from 'zod/mini'

import {again} from '../again.ts'
import type {Fleet} from '../fleet/types.ts'
import {planHashOf, planStale, readPlan, savePlan} from '../operation/saved-plan.ts'
import {assertPlanOf, planOf} from '../workload/saved-plan.ts'
import type {PreparedRollout} from './run.ts'
import type {RolloutRequest} from './types.ts'

const common = {site: z.optional(z.string()), patienceSeconds: z.number()}
const deploySchema = z.object({
  operation: z.literal('deploy'),
  ...common,
  image: z.optional(z.string()),
  canary: z.optional(z.object({percent: z.number(), seconds: z.number()})),
})
const rollbackSchema = z.object({operation: z.literal('rollback'), ...common, to: z.optional(z.number())})
const saved = (request: typeof deploySchema | typeof rollbackSchema) =>
  z.object({
    service: z.string(),
    environment: z.string(),
    typed: z.string(),
    request,
    planHash: z.string(),
  })
const schemas = {deploy: saved(deploySchema), rollback: saved(rollbackSchema)}

export interface SavedRollout {
  readonly request: RolloutRequest
  /** @throws PpError PLAN_STALE, exit 3, where something else would be done now than was saved. */
  assertFresh(prepared: PreparedRollout): void
}

/** @throws PpError PLAN_UNWRITABLE. */
export function saveRollout(file: string, {service, work}: PreparedRollout, asked: RolloutRequest): void {
  const of = planOf(asked.operation, service.service.name, service.fleet)
  // Parsed, so that its keys are in the order in which they will be read.
  const request = (asked.operation === 'deploy' ? deploySchema : rollbackSchema).parse(asked)
  const planHash = planHashOf(of.environment, request, work.fingerprint(), work.intent)
  const {command, ...place} = of
  savePlan(file, {...place, typed: again(), request, planHash}, `pp ${command} ${of.service}`)
}

/** @throws PpError PLAN_UNREADABLE, PLAN_OF_ANOTHER. */
export function readRollout(
  file: string,
  fleet: Fleet,
  operation: RolloutRequest['operation'],
  name: string,
): SavedRollout {
  const plan = readPlan(file, schemas[operation], `pp ${operation} ${name}`)
  assertPlanOf(file, plan, planOf(operation, name, fleet))
  const {environment, request, typed, planHash} = plan
  return {
    request,
    assertFresh({work}) {
      if (planHashOf(environment, request, work.fingerprint(), work.intent) !== planHash)
        throw planStale(file, name, typed)
    },
  }
}
