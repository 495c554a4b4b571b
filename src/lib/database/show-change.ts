import type {PreparedChange} from './change.ts'
import {showFailoverPlan} from './failover/show.ts'
import {failoverKind} from './failover/kind.ts'
import {showPlan} from './show.ts'
import type {SwitchoverStep} from './types.ts'

/** What will be done and why, as the operator sees it before being asked. */
export function showChange({cluster, work, steps, checks, evidence}: PreparedChange): string {
  const environment = `${cluster.fleet.name}/${cluster.fleet.environment}`
  return work.kind === failoverKind
    ? showFailoverPlan(work.intent, evidence, steps, checks, environment)
    : showPlan(work.state, work.intent, steps as readonly SwitchoverStep[], checks, environment)
}
