import type {Check} from '../database/types.ts'
import {PpError} from '../errors.ts'
import type {Fleet} from '../fleet/types.ts'
import type {Outcome} from '../outcome.ts'
import {listDrills, loadDrill} from './format/load.ts'
import {prepareDrill} from './prepare.ts'

/** Whether one drill could run now. */
export interface DrillCheckResult {
  readonly drill: string
  readonly outcome: Outcome
  /** Names by `{primary}` and the like; empty where it did not come to that. */
  readonly hosts: Readonly<Record<string, string>>
  readonly checks: readonly Check[]
  readonly error: {readonly code: string; readonly message: string; readonly hint: string} | undefined
}

/**
 * Looks at one drill, or one after the other at all that are for this environment.
 *
 * @throws PpError DRILL_UNKNOWN, DRILL_INVALID.
 */
export async function checkDrills(
  fleet: Fleet,
  name: string | undefined,
): Promise<readonly DrillCheckResult[]> {
  if (name !== undefined) return [await checkOne(fleet, name)]
  const results: DrillCheckResult[] = []
  for (const drill of listDrills(fleet).map((one) => loadDrill(fleet, one)))
    if (drill.environments.includes(fleet.environment)) results.push(await checkOne(fleet, drill.name))
  return results
}

async function checkOne(fleet: Fleet, name: string): Promise<DrillCheckResult> {
  const drill = loadDrill(fleet, name)
  try {
    const {cluster, client, intent, checks} = await prepareDrill(fleet, drill, new Date())
    client.close()
    await cluster.close()
    return {drill: name, outcome: 'done', hosts: intent.resolved.hosts, checks, error: undefined}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    const {code, message, hint, outcome} = error
    return {drill: name, outcome, hosts: {}, checks: [], error: {code, message, hint}}
  }
}
