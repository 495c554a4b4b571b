import type {Fleet} from '../fleet/types.ts'
import {openJournal} from '../operation/store.ts'
import type {Direction} from '../operation/types.ts'
import type {Progress} from '../output/progress.ts'
import {openService, refuseWhileUnfinished, type OpenService} from '../workload/open-service.ts'
import {beginJournal, latestJournal, runOnService, type ServiceRun} from '../workload/run-on-service.ts'
import {capacityLost} from './capacity.ts'
import {observeEntrance} from './observe-entrance.ts'
import type {RolloutFacts} from './facts.ts'
import {placeOf, versionOf} from './image.ts'
import {askRegistry} from '../drivers/registry/ask-registry.ts'
import {isOnSomeNode} from './node-images.ts'
import {observeAll} from './observe-all.ts'
import {factsOf} from './plan.ts'
import {rolloutReport, type RolloutReport} from './report.ts'
import {resolved} from './request.ts'
import {Rollout} from './rollout.ts'
import {shareOf} from './share.ts'
import {imageOf} from './template.ts'
import type {RolloutIntent, RolloutRequest} from './types.ts'

/** A deploy or a rollback that was looked at and planned, with its clusters connected. */
export interface PreparedRollout {
  readonly service: OpenService
  readonly work: Rollout
  /** What speaks against it without forbidding it. */
  readonly warnings: readonly string[]
}

/**
 * Looks at every cluster of a service and resolves what is asked for; touches nothing.
 *
 * @throws PpError as `openService`, `observeAll`, `refuseWhileUnfinished` and `resolved`.
 */
export async function prepareRollout(
  fleet: Fleet,
  name: string,
  request: RolloutRequest,
): Promise<PreparedRollout> {
  const service = await openService(fleet, name, request.site)
  try {
    const facts = await observeAll(service)
    await refuseWhileUnfinished(service)
    const intent = await withShares(service, facts, resolved(request, facts, service.service))
    return {
      service,
      work: new Rollout(service, {intent, facts}),
      warnings: await warningsOf(service, facts, intent),
    }
  } catch (error) {
    service.close()
    throw error
  }
}

/** Does what was prepared; its connections are closed then. @throws PpError when nothing was touched. */
export async function performRollout(
  {service, work}: PreparedRollout,
  progress: Progress,
): Promise<RolloutReport> {
  const journal = beginJournal(service.fleet, work)
  const expected = work.fingerprint()
  return drive(service, work, {journal, progress, direction: 'forward', isContinued: false, expected})
}

/** Goes on with an interrupted rollout, forward or back. */
export async function continueRollout(
  fleet: Fleet,
  id: string,
  direction: Direction,
  progress: Progress,
): Promise<RolloutReport> {
  const known = openJournal(fleet, id)
  const {intent} = known.records[0]?.data as {intent: RolloutIntent}
  const service = await openService(fleet, intent.service, intent.site)
  try {
    const journal = await latestJournal(fleet, known, service.keeper)
    const work = new Rollout(service, {intent, facts: []})
    await work.observe()
    return await drive(service, work, {journal, progress, direction, isContinued: true})
  } finally {
    service.close()
  }
}

async function drive(service: OpenService, work: Rollout, run: ServiceRun): Promise<RolloutReport> {
  const {intent} = work
  const versions = new Set(intent.targets.map(({to}) => versionOf(imageOf(to))))
  const inWords = `the ${intent.operation} to ${[...versions].join(', ')}`
  const ending = await runOnService(service, work, inWords, run)
  const {id, records} = run.journal
  return rolloutReport({id, intent, facts: work.facts, ending, records})
}

/** How the canary of each cluster gets its requests is decided once, so that whoever goes on does the same. */
async function withShares(
  {clusters}: OpenService,
  facts: readonly RolloutFacts[],
  intent: RolloutIntent,
): Promise<RolloutIntent> {
  if (!intent.canary) return intent
  const targets = intent.targets.map(async (target) => {
    const open = clusters.find(({declared}) => declared.name === target.cluster)
    const entrance = open && (await observeEntrance(open.api, open.declared))
    return {...target, share: shareOf(factsOf(facts, target), entrance)}
  })
  return {...intent, targets: await Promise.all(targets)}
}

async function warningsOf(
  {clusters}: OpenService,
  facts: readonly RolloutFacts[],
  {targets}: RolloutIntent,
): Promise<readonly string[]> {
  const capacity = targets.flatMap((target) => capacityLost(factsOf(facts, target)) ?? [])
  const images = targets.map(async ({cluster, to}) => {
    const open = clusters.find(({declared}) => declared.name === cluster)
    if (!open || (await isOnSomeNode(open.api, imageOf(to))) !== false) return []
    return absence(cluster, imageOf(to))
  })
  return [...capacity, ...(await Promise.all(images)).flat()]
}

/** What is to be said of an image that no node has. */
async function absence(cluster: string, image: string): Promise<readonly string[]> {
  const place = placeOf(image)
  if (!place) return []
  const answer = await askRegistry(place)
  const nowhere = `no node of ${cluster} has ${image}`
  if (answer.kind === 'missing') return [`${nowhere}, and ${place.host} has none either: it cannot be pulled`]
  if (answer.kind === 'there') return []
  return [`${nowhere}, and ${place.host} could not be asked for it (${answer.why}): it has to be pulled`]
}
