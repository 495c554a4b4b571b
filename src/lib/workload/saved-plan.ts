import {usageError} from '../errors.ts'
import type {Fleet} from '../fleet/types.ts'

/** What a saved plan is of. */
export interface PlanOf {
  readonly command: 'scale' | 'deploy' | 'rollback'
  readonly service: string
  /** With the name of the fleet: `pixelpulse/lab`. */
  readonly environment: string
}

export const planOf = (command: PlanOf['command'], service: string, {name, environment}: Fleet): PlanOf => ({
  command,
  service,
  environment: `${name}/${environment}`,
})

/** @throws PpError PLAN_OF_ANOTHER, exit 2: a plan is of one service in one environment. */
export function assertPlanOf(file: string, saved: Omit<PlanOf, 'command'>, wanted: PlanOf): void {
  if (saved.service === wanted.service && saved.environment === wanted.environment) return
  const environment = saved.environment.slice(saved.environment.indexOf('/') + 1)
  throw usageError('PLAN_OF_ANOTHER', {
    message: `${file} is a plan of ${saved.service} in ${saved.environment}, not of ${wanted.service} in ${wanted.environment}.`,
    hint: `pp ${wanted.command} ${saved.service} --env ${environment} --apply ${file}`,
  })
}
