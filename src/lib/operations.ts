import {PpError} from './errors.ts'
import {findDatabase} from './fleet/lookup.ts'
import type {Fleet} from './fleet/types.ts'
import type {OperationSummary} from './operation/store.ts'
import type {Direction} from './operation/types.ts'
import type {ExitCode} from './outcome.ts'
import type {Progress} from './output/progress.ts'

interface Continued {
  readonly report: {readonly exitCode: ExitCode}
  readonly text: string
}

/**
 * Finds an operation here, or fetches its journal from the voters of the databases: its first operator may be gone.
 *
 * @throws PpError OPERATION_UNKNOWN.
 */
export async function findOperationAnywhere(fleet: Fleet, id: string | undefined): Promise<OperationSummary> {
  const {findOperation, isKnownHere} = await import('./operation/store.ts')
  const {operationIdPattern} = await import('./operation/id.ts')
  if (id === undefined || isKnownHere(fleet, id) || !operationIdPattern.test(id))
    return findOperation(fleet, id)
  const {adoptOperation} = await import('./database/adopt.ts')
  const failures: unknown[] = []
  for (const database of fleet.databases) {
    await adoptOperation(fleet, database, id).catch((error: unknown) => failures.push(error))
  }
  if (failures.length === fleet.databases.length) throw failures[0]
  return findOperation(fleet, id)
}

/** Goes on with an operation of any kind: each kind names its planner here. */
export async function continueOperation(
  fleet: Fleet,
  operation: OperationSummary,
  direction: Direction,
  progress: Progress,
): Promise<Continued> {
  switch (operation.kind) {
    case 'database-switchover':
    case 'database-failover':
    case 'database-open':
    case 'database-restart':
    case 'database-tag':
    case 'database-rejoin': {
      const [{continueChange}, {openJournal}, {showReport}] = await Promise.all([
        import('./database/change.ts'),
        import('./operation/store.ts'),
        import('./database/report.ts'),
      ])
      const journal = openJournal(fleet, operation.id)
      const database = findDatabase(fleet, operation.target)
      const report = await continueChange(fleet, database, journal, direction, progress)
      return {report, text: showReport(report, database.name)}
    }
    default:
      throw new PpError('usage', 'OPERATION_KIND_UNKNOWN', {
        message: `This version of pp does not know operations of kind "${operation.kind}".`,
        hint: `Use the version that began it. What it has done: pp op show ${operation.id}`,
      })
  }
}
