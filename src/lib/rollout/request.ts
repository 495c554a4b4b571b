import {again} from '../again.ts'
import {refusal, usageError} from '../errors.ts'
import type {Service} from '../fleet/types.ts'
import type {PodTemplate, Revision, RolloutFacts} from './facts.ts'
import {imageFor, versionOf} from './image.ts'
import {isRolledOut} from './plan.ts'
import {imageOf, isSameTemplate, withImage} from './template.ts'
import type {CanaryIntent, RolloutIntent, RolloutRequest, Target} from './types.ts'

/** @param percent as it is typed: `10%`. @throws PpError CANARY_INVALID. */
export function canaryOf(percent: string | undefined, seconds: number): CanaryIntent | undefined {
  if (percent === undefined) return undefined
  const number = Number(/^(\d{1,2})%?$/.exec(percent)?.[1])
  if (number >= 1 && number <= 50) return {percent: number, seconds}
  throw usageError('CANARY_INVALID', {
    message: `"${percent}" is no part of the Pods: from 1% to 50%.`,
    hint: again('--canary', '10%'),
  })
}

/**
 * Resolves what is asked for against what the clusters run.
 *
 * @returns no targets where every cluster runs it already.
 * @throws PpError IMAGE_INVALID, IMAGE_NEEDED, REVISION_UNKNOWN, REVISIONS_DIFFER, ROLLOUT_PAUSED, CANARY_LEFT.
 */
export function resolved(
  request: RolloutRequest,
  facts: readonly RolloutFacts[],
  service: Pick<Service, 'name' | 'migrate'>,
): RolloutIntent {
  assertMayBegin(facts, service.name)
  return request.operation === 'deploy'
    ? deployIntent(request, facts, service)
    : rollbackIntent(request, facts, service)
}

function deployIntent(
  {operation, image, canary, site, patienceSeconds}: RolloutRequest & {readonly operation: 'deploy'},
  facts: readonly RolloutFacts[],
  {name: service, migrate}: Pick<Service, 'name' | 'migrate'>,
): RolloutIntent {
  const [first] = facts
  if (!first) throw new Error('a service without clusters')
  if (image === undefined && facts.every(({template}) => imageOf(template) === imageOf(first.template)))
    throw usageError('IMAGE_NEEDED', {
      message: `Every cluster of ${service} runs ${versionOf(imageOf(first.template))}: there is nothing to bring to the others.`,
      hint: again('--image', 'TAG'),
    })
  const targets = facts.map((here) => {
    const wanted = image === undefined ? imageOf(first.template) : imageFor(imageOf(here.template), image)
    return targetOf(here, withImage(here.template, wanted), undefined)
  })
  return intentOf(facts, {operation, service, site, targets, canary, migrate, patienceSeconds})
}

function rollbackIntent(
  {operation, to, site, patienceSeconds}: RolloutRequest & {readonly operation: 'rollback'},
  facts: readonly RolloutFacts[],
  {name: service}: Pick<Service, 'name'>,
): RolloutIntent {
  const targets = facts.map((here) => {
    const revision = to === undefined ? earlierRevision(here, service) : revisionNumbered(here, to, service)
    return targetOf(here, revision.template, revision.number)
  })
  const images = new Set(targets.map(({to: template}) => imageOf(template)))
  if (images.size > 1)
    throw refusal('REVISIONS_DIFFER', {
      message: `The clusters would not come to the same image: ${targets.map(({cluster, to: template, revision}) => `${cluster} revision ${revision ?? ''} is ${versionOf(imageOf(template))}`).join(', ')}.`,
      hint: `One site at a time: ${again('--site', targets[0]?.site)}`,
    })
  const only = {canary: undefined, migrate: undefined}
  return intentOf(facts, {operation, service, site, targets, ...only, patienceSeconds})
}

function intentOf(
  [first]: readonly RolloutFacts[],
  {targets, ...rest}: Omit<RolloutIntent, 'deployment'>,
): RolloutIntent {
  const changed = targets.filter(({from, to, wasRolledOut}) => !isSameTemplate(from, to) || !wasRolledOut)
  return {deployment: first?.deployment ?? '', targets: changed, ...rest}
}

const targetOf = (here: RolloutFacts, to: PodTemplate, revision: number | undefined): Target => ({
  cluster: here.cluster,
  site: here.site,
  from: here.template,
  to,
  wasRolledOut: isRolledOut(here),
  revision,
})

function assertMayBegin(facts: readonly RolloutFacts[], service: string): void {
  for (const {cluster, deployment, namespace, progress, canary, route} of facts) {
    if (progress.isPaused)
      throw refusal('ROLLOUT_PAUSED', {
        message: `The rollout of deployment/${deployment} in ${cluster} is paused: nothing new would be started.`,
        hint: `pp rollout resume ${service}`,
      })
    if (canary)
      throw refusal('CANARY_LEFT', {
        message: `${cluster} has a canary already, deployment/${canary.name}${canary.operation === undefined ? '' : `, of operation ${canary.operation}`}.`,
        hint:
          canary.operation === undefined
            ? `kubectl --namespace ${namespace} delete deployment ${canary.name}`
            : `pp op show ${canary.operation}, then pp op resume or pp op abort`,
      })
    if (route)
      throw refusal('CANARY_LEFT', {
        message: `${cluster} still leads requests to a canary by ${route.name}, of operation ${route.operation}.`,
        hint: `pp op show ${route.operation}, then pp op resume or pp op abort; or: kubectl --namespace ${namespace} delete ingress,service ${route.name}`,
      })
  }
}

function earlierRevision(here: RolloutFacts, service: string): Revision {
  const {revisions, template, cluster, deployment} = here
  const earlier = revisions.find(
    (one) => !isSameTemplate(one.template, template) && one.number < currentNumber(here),
  )
  if (earlier) return earlier
  throw refusal('REVISION_UNKNOWN', {
    message: `deployment/${deployment} in ${cluster} keeps no revision before the one that it runs.`,
    hint: `Deploy the version by name: pp deploy ${service} --image TAG`,
  })
}

function revisionNumbered(
  {revisions, cluster, deployment}: RolloutFacts,
  wanted: number,
  service: string,
): Revision {
  const found = revisions.find(({number}) => number === wanted)
  if (found) return found
  throw usageError('REVISION_UNKNOWN', {
    message: `deployment/${deployment} in ${cluster} keeps no revision ${wanted}; it has ${revisions.map(({number}) => number).join(', ') || 'none'}.`,
    hint: `pp rollout history ${service}`,
  })
}

/** Number of the revision in force. */
export const currentNumber = ({revisions, template}: RolloutFacts): number =>
  revisions.find((one) => isSameTemplate(one.template, template))?.number ?? Infinity
