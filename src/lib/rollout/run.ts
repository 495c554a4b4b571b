import type {Fleet, Service} from '../fleet/types.ts'
import {announce} from '../operation/announce.ts'
import {catchUp, takenOverElsewhere} from '../operation/elsewhere.ts'
import {armFailpoint} from '../operation/failpoint.ts'
import {newOperationId} from '../operation/id.ts'
import {Journal} from '../operation/journal.ts'
import {currentOperator} from '../operation/operator.ts'
import {runOperation} from '../operation/run.ts'
import {openJournal, operationsFolder} from '../operation/store.ts'
import type {Direction} from '../operation/types.ts'
import type {Progress} from '../output/progress.ts'
import {openService, refuseWhileUnfinished, type OpenService} from '../workload/open-service.ts'
import type {RolloutFacts} from './facts.ts'
import {versionOf} from './image.ts'
import {observeRollout} from './observe.ts'
import {rolloutReport, type RolloutReport} from './report.ts'
import {Rollout, rolloutKind} from './rollout.ts'
import {imageOf} from './template.ts'
import type {RolloutIntent} from './types.ts'

/** A deploy or a rollback that was looked at and planned, with its clusters connected. */
export interface PreparedRollout {
  readonly service: OpenService
  readonly work: Rollout
}

/**
 * Looks at every cluster of a service and resolves what is asked for; touches nothing.
 *
 * @param site only its clusters there; all when undefined.
 * @throws PpError as `openService` and `refuseWhileUnfinished`, and what `resolve` throws.
 */
export async function prepareRollout(
  fleet: Fleet,
  {name, site}: {readonly name: string; readonly site: string | undefined},
  resolve: (facts: readonly RolloutFacts[], service: Service) => RolloutIntent,
): Promise<PreparedRollout> {
  const service = await openService(fleet, name, site)
  try {
    await refuseWhileUnfinished(service)
    const facts = await observeAll(service)
    return {service, work: new Rollout(service, {intent: resolve(facts, service.service), facts})}
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
  const {fleet} = service
  const journal = Journal.create(operationsFolder(fleet), newOperationId())
  journal.append('opened', {
    kind: rolloutKind,
    target: work.target,
    intent: work.intent,
    operator: currentOperator(),
    fleet: {name: fleet.name, environment: fleet.environment, file: fleet.file},
  })
  const expected = work.fingerprint()
  return drive({service, work, journal, progress, direction: 'forward', isContinued: false, expected})
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
  const service = await openService(fleet, intent.service, intent.site)
  try {
    const elsewhere = await catchUp(journal, service.keeper)
    if (elsewhere?.outcome !== undefined) throw takenOverElsewhere(elsewhere)
    const work = new Rollout(service, {intent, facts: await observeAll(service)})
    const latest = elsewhere ? openJournal(fleet, id) : journal
    return await drive({service, work, journal: latest, progress, direction, isContinued: true})
  } finally {
    service.close()
  }
}

interface Drive extends PreparedRollout {
  readonly journal: Journal
  readonly progress: Progress
  readonly direction: Direction
  readonly isContinued: boolean
  readonly expected?: string
}

async function drive({service, work, ...options}: Drive): Promise<RolloutReport> {
  const {fleet} = service
  if (fleet.lab !== undefined) armFailpoint()
  const {journal, progress} = options
  const {intent} = work
  const versions = new Set(intent.targets.map(({to}) => versionOf(imageOf(to))))
  const announcer = await announce(fleet, {
    id: journal.id,
    kind: work.kind,
    target: work.target,
    inWords: `the ${intent.operation} to ${[...versions].join(', ')}`,
    hosts: {},
  })
  const {leaseSeconds} = fleet.timings
  try {
    // Every Pod was ready a moment ago, and what fails later the alerts tell.
    const ending = await runOperation({
      work,
      leaseSeconds,
      verifySeconds: 0,
      ...options,
      tell: announcer?.tell,
    })
    return rolloutReport({id: journal.id, intent, ending, records: journal.records})
  } finally {
    announcer?.close()
    await progress.end()
    service.close()
  }
}

const observeAll = ({clusters, service}: OpenService): Promise<readonly RolloutFacts[]> =>
  Promise.all(clusters.map(({declared, api}) => observeRollout(api, declared, service.deployment)))
