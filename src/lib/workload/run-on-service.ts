import type {Fleet} from '../fleet/types.ts'
import {announce} from '../operation/announce.ts'
import {catchUp, takenOverElsewhere} from '../operation/elsewhere.ts'
import {armFailpoint} from '../operation/failpoint.ts'
import {newOperationId} from '../operation/id.ts'
import {Journal} from '../operation/journal.ts'
import {currentOperator} from '../operation/operator.ts'
import {runOperation, type Ending} from '../operation/run.ts'
import {openJournal, operationsFolder} from '../operation/store.ts'
import type {Direction, Keeper, Work} from '../operation/types.ts'
import type {Progress} from '../output/progress.ts'
import type {OpenService} from './open-service.ts'

/** The journal of a new operation on a service, with what it is about. */
export function beginJournal(
  fleet: Fleet,
  {kind, target, intent}: {readonly kind: string; readonly target: string; readonly intent: object},
): Journal {
  const {name, environment, file} = fleet
  const journal = Journal.create(operationsFolder(fleet), newOperationId())
  journal.append('opened', {
    kind,
    target,
    intent,
    operator: currentOperator(),
    fleet: {name, environment, file},
  })
  return journal
}

/** The journal of an operation that is gone on with, as whoever had it last left it. @throws PpError OPERATION_TAKEN_OVER. */
export async function latestJournal(fleet: Fleet, journal: Journal, keeper: Keeper): Promise<Journal> {
  const elsewhere = await catchUp(journal, keeper)
  if (elsewhere?.outcome !== undefined) throw takenOverElsewhere(elsewhere)
  return elsewhere ? openJournal(fleet, journal.id) : journal
}

export interface ServiceRun {
  readonly journal: Journal
  readonly progress: Progress
  readonly direction: Direction
  readonly isContinued: boolean
  readonly expected?: string
}

/** Drives an operation on a service to its end and tells the hooks of it; the service's connections are closed then. */
export async function runOnService(
  service: OpenService,
  work: Work,
  inWords: string,
  run: ServiceRun,
): Promise<Ending> {
  const {fleet} = service
  if (fleet.lab !== undefined) armFailpoint()
  const {kind, target} = work
  const announcer = await announce(fleet, {id: run.journal.id, kind, target, inWords, hosts: {}})
  const {leaseSeconds, verifySeconds} = fleet.timings
  try {
    return await runOperation({work, leaseSeconds, verifySeconds, ...run, tell: announcer?.tell})
  } finally {
    announcer?.close()
    await run.progress.end()
    service.close()
  }
}
