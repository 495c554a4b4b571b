import * as z from 'zod/mini'

import {planStale, readPlan, savePlan} from '../operation/saved-plan.ts'
import type {DrillIntent} from './intent.ts'

/** The rest is for people to read. */
const savedDrill = z.object({drill: z.object({name: z.string()}), planHash: z.string()})

/** @throws PpError PLAN_UNWRITABLE. */
export function saveDrillPlan(file: string, {drill, resolved, planHash}: DrillIntent): void {
  savePlan(file, {drill, resolved, planHash}, `drill ${drill.name}`)
}

/**
 * Holds a saved plan against what would be done now.
 *
 * @throws PpError PLAN_UNREADABLE (2); PLAN_EDITED, PLAN_STALE (3): nothing was touched.
 */
export function assertSaved(file: string, {drill, planHash}: DrillIntent): void {
  const command = `drill ${drill.name}`
  const saved = readPlan(file, savedDrill, {what: command, anew: command})
  if (saved.planHash !== planHash) throw planStale(file, drill.name, `pp ${command} --plan --out ${file}`)
}
