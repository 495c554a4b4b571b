import type {PreparedChange} from './change.ts'
import {showFailoverPlan} from './failover/show.ts'
import type {FailoverStep} from './failover/types.ts'
import {failoverKind} from './failover/kind.ts'
import {restartKind} from './restart/kind.ts'
import type {RestartStep} from './restart/restart.ts'
import {showRestart} from './restart/show.ts'
import {showPlan} from './show.ts'
import type {SwitchoverStep} from './types.ts'

/** What will be done and why, as the operator sees it before being asked. */
export function showChange({cluster, work, steps, checks, evidence, ranking}: PreparedChange): string {
  const how = {environment: `${cluster.fleet.name}/${cluster.fleet.environment}`, ranking}
  if (work.kind === restartKind) return showRestart(work, steps as readonly RestartStep[], checks, evidence)
  return work.kind === failoverKind
    ? showFailoverPlan(work.intent, evidence, steps as readonly FailoverStep[], checks, how)
    : showPlan(work.state, work.intent, steps as readonly SwitchoverStep[], checks, how)
}
