import {showEvidence} from '../failover/show.ts'
import type {Evidence} from '../failover/types.ts'
import type {Check} from '../types.ts'
import type {Restart, RestartStep} from './restart.ts'

/** The plan as the operator sees it before being asked. */
export function showRestart(
  work: Restart,
  steps: readonly RestartStep[],
  checks: readonly Check[],
  evidence: Evidence,
): string {
  const {database, to, timeline, condition, because} = work.intent
  return [
    `${database}: primary ${to} is lost (${condition}) → restart in place (timeline ${timeline})`,
    `  ${because}`,
    '',
    showEvidence(evidence),
    '',
    ...checks.map(({measured}) => `  ${measured}`),
    '',
    ...steps.map((step, index) => `  ${String(index + 1).padStart(2)} ${work.title(step)}`),
  ].join('\n')
}
