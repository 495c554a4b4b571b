import {findService} from '../fleet/lookup.ts'
import type {Fleet, Service} from '../fleet/types.ts'
import {announce} from '../operation/announce.ts'
import {catchUp, takenOverElsewhere} from '../operation/elsewhere.ts'
import {armFailpoint} from '../operation/failpoint.ts'
import {newOperationId} from '../operation/id.ts'
import {Journal} from '../operation/journal.ts'
import {keptByClusters, refuseWhileLeased} from '../operation/leases.ts'
import {currentOperator} from '../operation/operator.ts'
import {runOperation} from '../operation/run.ts'
import {openJournal, operationsFolder, unfinishedOn} from '../operation/store.ts'
import type {Direction} from '../operation/types.ts'
import type {Progress} from '../output/progress.ts'
import type {RolloutFacts} from './facts.ts'
import {versionOf} from './image.ts'
import {observeRollout} from './observe.ts'
import {keeping, leaseOf, openPlaces, type Place} from './places.ts'
import {rolloutReport, type RolloutReport} from './report.ts'
import {Rollout, rolloutKind} from './rollout.ts'
import {imageOf} from './template.ts'
import type {RolloutIntent} from './types.ts'

/** A deploy or a rollback that was looked at and planned; its clusters stay open. */
export interface PreparedRollout {
  readonly fleet: Fleet
  readonly work: Rollout
  readonly fingerprint: string
}

/**
 * Looks at every cluster of a service and resolves what is asked for; touches nothing.
 *
 * @param site only its clusters there; all when undefined.
 * @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_CLUSTER, SITE_UNKNOWN, TARGET_LOCKED, OPERATION_UNFINISHED (6), what the
 *   clusters throw, and what `resolve` throws.
 */
export async function prepareRollout(
  fleet: Fleet,
  {name, site}: {readonly name: string; readonly site: string | undefined},
  resolve: (facts: readonly RolloutFacts[], service: Service) => RolloutIntent,
): Promise<PreparedRollout> {
  const service = findService(fleet, name)
  const places = await openPlaces(fleet, service, site)
  try {
    await refuseWhileLeased(leaseOf(service), places.map(keeping))
    unfinishedOn(fleet, service.name)
    const facts = await Promise.all(
      places.map(({api, cluster, deployment}) => observeRollout(api, cluster, deployment)),
    )
    const intent = resolve(facts, service)
    const work = rolloutOf(service, places, intent, facts)
    return {fleet, work, fingerprint: work.fingerprint()}
  } catch (error) {
    for (const {api} of places) api.close()
    throw error
  }
}

/** Acts on a prepared rollout, and closes its clusters. */
export async function performRollout(
  {fleet, work, fingerprint}: PreparedRollout,
  progress: Progress,
): Promise<RolloutReport> {
  const journal = Journal.create(operationsFolder(fleet), newOperationId())
  journal.append('opened', {
    kind: rolloutKind,
    target: work.target,
    intent: work.intent,
    operator: currentOperator(),
    fleet: {name: fleet.name, environment: fleet.environment, file: fleet.file},
  })
  return drive(fleet, work, {
    journal,
    progress,
    direction: 'forward',
    isContinued: false,
    expected: fingerprint,
  })
}

/** Goes on with an interrupted rollout, forward or back. */
export async function continueRollout(
  fleet: Fleet,
  id: string,
  direction: Direction,
  progress: Progress,
): Promise<RolloutReport> {
  const journal = openJournal(fleet, id)
  const {intent} = journal.records[0]?.data as {intent: RolloutIntent}
  const service = findService(fleet, intent.service)
  const sites = new Set(intent.targets.map(({cluster}) => cluster))
  const places = (await openPlaces(fleet, service, undefined)).filter(({cluster}) => sites.has(cluster.name))
  const elsewhere = await catchUp(journal, keptByClusters(leaseOf(service), places.map(keeping)))
  if (elsewhere?.outcome !== undefined) throw takenOverElsewhere(elsewhere)
  const facts = await Promise.all(
    places.map(({api, cluster, deployment}) => observeRollout(api, cluster, deployment)),
  )
  return drive(fleet, rolloutOf(service, places, intent, facts), {
    journal: elsewhere ? openJournal(fleet, id) : journal,
    progress,
    direction,
    isContinued: true,
  })
}

interface Drive {
  readonly journal: Journal
  readonly progress: Progress
  readonly direction: Direction
  readonly isContinued: boolean
  readonly expected?: string
}

async function drive(fleet: Fleet, work: Rollout, options: Drive): Promise<RolloutReport> {
  if (fleet.lab !== undefined) armFailpoint()
  const {journal, progress} = options
  const {leaseSeconds} = fleet.timings
  const {service, operation, targets} = work.intent
  const announcer = await announce(fleet, {
    id: journal.id,
    kind: work.kind,
    target: service,
    inWords: `${operation} to ${[...new Set(targets.map(({to}) => versionOf(imageOf(to))))].join(', ')}`,
    hosts: {},
  })
  try {
    // Every Pod was ready a moment ago, and what fails later the alerts tell.
    const ending = await runOperation({
      work,
      leaseSeconds,
      verifySeconds: 0,
      ...options,
      tell: announcer?.tell,
    })
    return rolloutReport({id: journal.id, intent: work.intent, ending, records: journal.records})
  } finally {
    announcer?.close()
    await progress.end()
    work.close()
  }
}

const rolloutOf = (
  service: Service,
  places: readonly Place[],
  intent: RolloutIntent,
  facts: readonly RolloutFacts[],
): Rollout => new Rollout(places, keptByClusters(leaseOf(service), places.map(keeping)), {intent, facts})
