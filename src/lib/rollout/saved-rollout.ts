import * as z from 'zod/mini'

import {again} from '../again.ts'
import {PpError} from '../errors.ts'
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
  /** PLAN_STALE of what cannot be asked for any more as it was; undefined: it is no matter of the plan. */
  staleBy(error: unknown): PpError | undefined
}

/** @throws PpError PLAN_UNWRITABLE. */
export function saveRollout(file: string, prepared: PreparedRollout, asked: RolloutRequest): void {
  const {service, fleet} = prepared.service
  const of = planOf(asked.operation, service.name, fleet)
  const {command, ...place} = of
  const plan = {...place, typed: again(), request: asked, planHash: hashOf(prepared)}
  savePlan(file, plan, anew(command, of.service))
}

/** @throws PpError PLAN_UNREADABLE, PLAN_EDITED, PLAN_OF_ANOTHER. */
export function readRollout(
  file: string,
  fleet: Fleet,
  operation: RolloutRequest['operation'],
  name: string,
): SavedRollout {
  const what = `${operation} ${name}`
  const plan = readPlan(file, schemas[operation], {what, anew: anew(operation, name)})
  assertPlanOf(file, plan, planOf(operation, name, fleet))
  const {typed} = plan
  const stale = () => planStale(file, name, typed)
  return {
    request: plan.request,
    assertFresh(prepared) {
      if (hashOf(prepared) !== plan.planHash) throw stale()
    },
    staleBy: (error) => (error instanceof PpError && unresolvable.has(error.code) ? stale() : undefined),
  }
}

/** What it was planned from; how many there are is an autoscaler's matter. */
const hashOf = ({work: {intent, facts}}: PreparedRollout): string =>
  planHashOf(
    intent,
    facts.map(({cluster, strategy}) => [cluster, strategy]),
  )

/** Said of what was meant by what the clusters ran then. */
const unresolvable = new Set(['IMAGE_NEEDED', 'REVISION_UNKNOWN', 'REVISIONS_DIFFER'])

const anew = (command: string, service: string): string =>
  `${command} ${service}${command === 'deploy' ? ' --image TAG' : ''}`
