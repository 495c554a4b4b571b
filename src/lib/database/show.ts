import {stepTitle} from './step-title.ts'
import {counted} from '../counted.ts'
import {formatSize} from '../size.ts'
import {lagBytes, memberOf} from './facts.ts'
import {showLosers, type Ranking} from './rank.ts'
import type {Check, ClusterState, SwitchoverIntent, SwitchoverStep} from './types.ts'

/** The plan as the operator sees it before being asked. */
export function showPlan(
  state: ClusterState,
  intent: SwitchoverIntent,
  steps: readonly SwitchoverStep[],
  checks: readonly Check[],
  {environment, ranking}: {readonly environment: string; readonly ranking: Ranking},
): string {
  const {database, from, to, timeline} = intent
  const candidate = memberOf(state, to)
  const follower = memberOf(state, from).session?.followers.find((one) => one.name === to)
  const warnings = checks.filter((check) => check.status === 'warn')
  const passed = checks.filter((check) => check.status === 'pass').length
  const lag = lagBytes(memberOf(state, from), candidate)
  return [
    `${database} on ${environment}: primary ${from} is healthy → planned switchover`,
    '',
    `  from ${from} (timeline ${timeline})  to ${to} (streaming, lag ${lag === undefined ? '?' : formatSize(lag)}, ${follower?.sync ?? 'async'})`,
    ...showLosers(ranking),
    `  ${passed} checks passed${warnings.length > 0 ? `, ${counted(warnings.length, 'warning')}` : ''}`,
    ...warnings.map((check) => `    ! ${check.id}: ${check.measured}`),
    '',
    ...steps.map((step, index) => `  ${String(index + 1).padStart(2)} ${stepTitle(step)}${remark(step)}`),
    '',
    '  Loss 0 (proved before the promotion, or undone).',
    `  Undo later: pp failover db ${database} --to ${from}`,
  ].join('\n')
}

function remark(step: SwitchoverStep): string {
  if (step.kind === 'pause') return '   writes wait from here'
  if (step.kind === 'prove') return '   ← can still be undone'
  if (step.kind === 'promote') return '   ← point of no return'
  if (step.kind === 'route') return '   writes flow again'
  return ''
}
