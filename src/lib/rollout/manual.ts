import type {JournalRecord} from '../operation/journal.ts'
import {canaryName, imageOf, mainContainer} from './template.ts'
import type {RolloutIntent} from './types.ts'

/** How to finish a rollout or take it back with nothing but kubectl, for the case that `pp` cannot. */
export function rolloutByHand(records: readonly JournalRecord[]): string {
  const {deployment, targets} = (records[0]?.data as {intent: RolloutIntent}).intent
  const image = (template: RolloutIntent['targets'][number]['to']) =>
    `kubectl set image deployment/${deployment} ${mainContainer(template).name}=${imageOf(template)}`
  return targets
    .flatMap(({cluster, from, to, share}) => [
      `In the context of ${cluster}, in the service's namespace:`,
      `  finish:     ${image(to)}`,
      `  take back:  ${image(from)}`,
      `  then:       kubectl rollout status deployment/${deployment}`,
      `  a canary:   kubectl delete ${share?.kind === 'weight' ? 'ingress,service,' : ''}deployment ${canaryName(deployment)} --ignore-not-found`,
    ])
    .join('\n')
}
