import {isDeepStrictEqual} from 'node:util'
import * as z from 'zod/mini'

import {again} from '../../again.ts'
import type {Fleet} from '../../fleet/types.ts'
import {planHashOf, planStale, readPlan, savePlan} from '../../operation/saved-plan.ts'
import {assertPlanOf, planOf} from '../saved-plan.ts'
import type {PlannedScale} from '../scale.ts'
import type {ScaleRequest} from '../types.ts'
import type {WaitOptions} from './intent.ts'
import {fingerprintOf} from './prepare.ts'

const common = {
  service: z.string(),
  site: z.optional(z.string()),
  until: z.optional(z.object({from: z.string(), to: z.string()})),
}
const requestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('replicas'),
    ...common,
    target: z.discriminatedUnion('kind', [
      z.object({kind: z.literal('absolute'), replicas: z.number()}),
      z.object({kind: z.literal('relative'), by: z.number()}),
      z.object({kind: z.literal('times'), factor: z.number()}),
      z.object({kind: z.literal('at-least'), replicas: z.number()}),
    ]),
    split: z.optional(z.array(z.object({site: z.string(), parts: z.number()}))),
    isPartial: z.optional(z.boolean()),
  }),
  z.object({
    kind: z.literal('bounds'),
    ...common,
    min: z.optional(z.number()),
    max: z.optional(z.number()),
  }),
])
const savedScale = z.object({
  service: z.string(),
  environment: z.string(),
  typed: z.string(),
  request: requestSchema,
  wait: z.object({waitSeconds: z.number(), undoOnTimeout: z.boolean()}),
  /** How many there will be in each. */
  clusters: z.array(z.object({cluster: z.string(), wanted: z.number()})),
  planHash: z.string(),
})

export interface SavedScale {
  readonly request: ScaleRequest
  readonly wait: WaitOptions
  /** Measured when it was planned: the request has its number. */
  readonly queue?: undefined
  /** @throws PpError PLAN_STALE, exit 3, where something else would be done now than was saved. */
  assertFresh(plan: PlannedScale, hasChanges: boolean): void
}

interface Scaled {
  readonly request: ScaleRequest
  readonly wait: WaitOptions
  readonly plan: PlannedScale
}

/** @throws PpError PLAN_UNWRITABLE. */
export function saveScale(file: string, fleet: Fleet, {request, wait, plan}: Scaled): void {
  const {service, environment} = planOf('scale', request.service, fleet)
  const clusters = wantedIn(plan)
  const planHash = planHashOf(fingerprintOf(plan))
  savePlan(file, {service, environment, typed: again(), request, wait, clusters, planHash}, anew(service))
}

/** @throws PpError PLAN_UNREADABLE, PLAN_EDITED, PLAN_OF_ANOTHER. */
export function readScale(file: string, fleet: Fleet, name: string): SavedScale {
  const saved = readPlan(file, savedScale, {what: `scale ${name}`, anew: anew(name)})
  assertPlanOf(file, saved, planOf('scale', name, fleet))
  const {service, request, wait, typed, clusters, planHash} = saved
  return {
    request: {...request, isProtected: fleet.isProtected} as ScaleRequest,
    wait,
    assertFresh(plan, hasChanges) {
      const {until, kind} = request
      const isOver = until !== undefined && Date.parse(until.to) - Date.now() < 60_000
      const isSame = planHashOf(fingerprintOf(plan)) === planHash
      // What somebody else has set for good is not given back at a time.
      const mayBeDone = !hasChanges && until === undefined
      const isDone = mayBeDone && (kind === 'bounds' || isDeepStrictEqual(wantedIn(plan), clusters))
      if (!isDone && (isOver || !isSame)) throw planStale(file, service, typed)
    },
  }
}

const anew = (service: string): string => `scale ${service} 24`

const wantedIn = ({clusters}: PlannedScale) => clusters.map(({cluster, wanted}) => ({cluster, wanted}))
