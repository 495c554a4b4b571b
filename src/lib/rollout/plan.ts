import type {Plan, Refused} from '../operation/types.ts'
import type {PodTemplate, RolloutFacts} from './facts.ts'
import {canaryReplicas, imageOf, isSameTemplate} from './template.ts'
import type {RolloutIntent, RolloutStep, Target} from './types.ts'

/** What the journal of the operation says that the clusters do not. */
export interface Memory {
  readonly isMigrated: boolean
  /** Clusters whose canary was found good. */
  readonly judged: ReadonlySet<string>
}

/** What is left to do until every cluster runs what it shall; asked again after any interruption it returns the rest. */
export function planForward(
  facts: readonly RolloutFacts[],
  intent: RolloutIntent,
  memory: Memory,
): Plan<RolloutStep> {
  const stranger = strangerIn(facts, intent)
  if (stranger) return stranger
  const steps = intent.targets.flatMap((target, index) => {
    const here = factsOf(facts, target)
    const endCanary = canaryEnd(here)
    const image = imageOf(target.to)
    const roll: RolloutStep[] = [{kind: 'roll', cluster: target.cluster, image}]
    if (isSameTemplate(here.template, target.to)) return [...(isRolledOut(here) ? [] : roll), ...endCanary]
    return [
      ...(index === 0 && intent.migrate && !memory.isMigrated
        ? [{kind: 'migrate', cluster: target.cluster, args: intent.migrate} as const]
        : []),
      ...(intent.canary && !memory.judged.has(target.cluster)
        ? canarySteps(here, target, intent.canary)
        : []),
      {kind: 'replace', cluster: target.cluster, image} as const,
      ...roll,
      ...(intent.canary ? [{kind: 'end-canary', cluster: target.cluster} as const] : endCanary),
    ]
  })
  return {kind: 'steps', steps}
}

/**
 * The way back: every cluster as it was, the last one changed first; where somebody else has changed the template that stays.
 * Migrations only ever go forwards.
 */
export function planBack(facts: readonly RolloutFacts[], intent: RolloutIntent): Plan<RolloutStep> {
  const steps = intent.targets.toReversed().flatMap((target): readonly RolloutStep[] => {
    const here = factsOf(facts, target)
    const {cluster} = target
    const image = imageOf(target.from)
    const isBack = isSameTemplate(here.template, target.from)
    if (isStrange(here, target)) return canaryEnd(here)
    return [
      ...(isBack ? [] : [{kind: 'replace', cluster, image} as const]),
      ...((isBack && isRolledOut(here)) || !target.wasRolledOut
        ? []
        : [{kind: 'roll', cluster, image} as const]),
      ...canaryEnd(here),
    ]
  })
  return {kind: 'steps', steps}
}

/** Every Pod is of the template in force and takes requests, and none of another one is left. */
export const isRolledOut = ({progress}: Pick<RolloutFacts, 'progress'>): boolean =>
  progress.isObserved &&
  progress.updated >= progress.wanted &&
  progress.total === progress.updated &&
  progress.available >= progress.wanted

export function factsOf(facts: readonly RolloutFacts[], {cluster}: Pick<Target, 'cluster'>): RolloutFacts {
  const found = facts.find((one) => one.cluster === cluster)
  if (!found) throw new Error(`nothing is known of ${cluster}`)
  return found
}

const canaryEnd = ({canary, route, cluster}: RolloutFacts): readonly RolloutStep[] =>
  canary || route ? [{kind: 'end-canary', cluster}] : []

function canarySteps(
  {canary, progress, route}: RolloutFacts,
  {cluster, to, share}: Target,
  {percent, seconds}: NonNullable<RolloutIntent['canary']>,
): readonly RolloutStep[] {
  const isRouted = share?.kind !== 'weight' || (route?.hasService && route.weight === percent)
  const isUp = canary !== undefined && runs(canary.template, to) && isRolledOut(canary)
  return [
    ...(isUp
      ? []
      : [{kind: 'start-canary', cluster, replicas: canaryReplicas(percent, progress.wanted)} as const]),
    ...(isRouted ? [] : [{kind: 'route-canary', cluster, percent} as const]),
    {kind: 'judge-canary', cluster, seconds},
  ]
}

const runs = (template: PodTemplate, target: PodTemplate): boolean => imageOf(template) === imageOf(target)

/** Whether somebody else has changed the template. That is never overwritten, in neither direction. */
export const isStrange = ({template}: Pick<RolloutFacts, 'template'>, {from, to}: Target): boolean =>
  !isSameTemplate(template, from) && !isSameTemplate(template, to)

function strangerIn(facts: readonly RolloutFacts[], intent: RolloutIntent): Refused | undefined {
  const {deployment, targets} = intent
  const target = targets.find((one) => isStrange(factsOf(facts, one), one))
  if (!target) return undefined
  const {template, namespace} = factsOf(facts, target)
  return {
    kind: 'refused',
    code: 'TEMPLATE_CHANGED',
    outcome: 'human',
    reason: `somebody else has changed deployment/${deployment} in ${target.cluster} meanwhile; it runs ${imageOf(template)} now`,
    hint: `kubectl --namespace ${namespace} rollout history deployment/${deployment}`,
  }
}
