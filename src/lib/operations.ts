import {drillTarget} from './drill/kind.ts'
import {PpError} from './errors.ts'
import {hasClusters} from './fleet/lab-state.ts'
import {findDatabase} from './fleet/lookup.ts'
import type {Database, Fleet} from './fleet/types.ts'
import type {JournalRecord} from './operation/journal.ts'
import type {OperationSummary} from './operation/store.ts'
import type {Direction} from './operation/types.ts'
import type {ExitCode} from './outcome.ts'
import type {Progress} from './output/progress.ts'

interface Continued {
  readonly report: {readonly exitCode: ExitCode}
  readonly text: string
}

/**
 * Finds an operation here, or fetches its journal from the voters of the databases or from the clusters: its first operator
 * may be gone.
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
    await adoptOperation(fleet, database, lockedFor(database), id).catch((error: unknown) =>
      failures.push(error),
    )
  }
  if (failures.length < fleet.databases.length || (await adoptFromClusters(fleet, id)))
    return findOperation(fleet, id)
  // Without a database nothing has failed: it is simply unknown.
  if (failures.length === 0) return findOperation(fleet, id)
  throw failures[0]
}

async function adoptFromClusters(fleet: Fleet, id: string): Promise<boolean> {
  const [{chainOfService}, {adoptChain}, {operationsFolder}] = await Promise.all([
    import('./workload/journals.ts'),
    import('./operation/elsewhere.ts'),
    import('./operation/store.ts'),
  ])
  const chain = hasClusters(fleet) ? await chainOfService(fleet, id) : undefined
  if (chain) adoptChain(operationsFolder(fleet), id, chain)
  return chain !== undefined
}

/**
 * Operations of this machine, newest first, and those on services that other machines began, which the clusters keep.
 *
 * @returns `silent`: clusters that did not say.
 */
export async function listOperationsAnywhere(
  fleet: Fleet,
): Promise<{readonly operations: readonly OperationSummary[]; readonly silent: readonly string[]}> {
  const {listOperations} = await import('./operation/store.ts')
  const here = listOperations(fleet)
  if (!hasClusters(fleet)) return {operations: here, silent: []}
  const {operationsInClusters} = await import('./workload/journals.ts')
  const {operations, silent} = await operationsInClusters(fleet)
  const known = new Set(here.map(({id}) => id))
  const all = [...here, ...operations.filter(({id}) => !known.has(id))]
  return {operations: all.toSorted((one, other) => (one.id < other.id ? 1 : -1)), silent}
}

/** Whether the journal of an operation has copies in clusters, and not on voters. */
export const isOnService = ({kind}: OperationSummary): boolean => ['scale', 'rollout'].includes(kind)

/** What operations on a database lock, one at a time: a change of it, and a drill that may make one. */
const lockedFor = ({name}: Database): readonly string[] => [name, drillTarget(name)]

export interface ReadableOperation {
  readonly operation: OperationSummary
  readonly records: readonly JournalRecord[]
  /** What is wrong with the journal on this machine. */
  readonly damaged: string | undefined
  /** Its records as they are now. */
  readonly read: () => Promise<readonly JournalRecord[]>
  readonly close: () => Promise<void>
}

/**
 * An operation to look at: from this machine's journal, or from the voters when another machine began it. Keeps nothing of it.
 *
 * @throws PpError OPERATION_UNKNOWN, and LAB_DOWN from `askVoters`.
 */
export async function readOperation(
  fleet: Fleet,
  id: string,
  askVoters: () => Promise<Fleet>,
): Promise<ReadableOperation> {
  const {findOperation, isKnownHere, readJournal, summaryOf} = await import('./operation/store.ts')
  const {operationIdPattern} = await import('./operation/id.ts')
  const wanted = id.toUpperCase()
  if (!isKnownHere(fleet, id) && operationIdPattern.test(wanted)) {
    const {openOnVoters} = await import('./database/adopt.ts')
    const live = await askVoters()
    for (const database of live.databases) {
      const journal = await openOnVoters(live, database, lockedFor(database), wanted)
      const records = await journal.read()
      if (records?.[0]) {
        const read = async () => (await journal.read()) ?? records
        return {
          operation: summaryOf(wanted, records),
          records,
          damaged: undefined,
          read,
          close: () => journal.close(),
        }
      }
      await journal.close()
    }
    const found = hasClusters(live) ? await readFromClusters(live, wanted) : undefined
    if (found) return found
  }
  const operation = findOperation(fleet, id)
  const {file, brokenAt, records} = readJournal(fleet, operation.id)
  return {
    operation,
    records,
    damaged: brokenAt === undefined ? undefined : `${file}:${brokenAt}`,
    read: () => Promise.resolve(readJournal(fleet, operation.id).records),
    close: () => Promise.resolve(),
  }
}

async function readFromClusters(fleet: Fleet, id: string): Promise<ReadableOperation | undefined> {
  const [{chainOfService}, {readableRecords}, {summaryOf}] = await Promise.all([
    import('./workload/journals.ts'),
    import('./operation/journal.ts'),
    import('./operation/store.ts'),
  ])
  const chain = await chainOfService(fleet, id)
  if (!chain) return undefined
  const records = readableRecords(chain)
  return {
    operation: summaryOf(id, records),
    records,
    damaged: undefined,
    read: async () => readableRecords((await chainOfService(fleet, id)) ?? chain),
    close: () => Promise.resolve(),
  }
}

/** How to bring an operation of any kind to an end with nothing but a shell on the hosts. */
export async function manualStepsOf(
  {kind}: OperationSummary,
  records: readonly JournalRecord[],
): Promise<string> {
  if (kind === 'drill') return (await import('./drill/manual.ts')).drillByHand(records)
  if (kind === 'rollout') return (await import('./rollout/manual.ts')).rolloutByHand(records)
  if (kind === 'scale') return (await import('./workload/operate/manual.ts')).scaleByHand(records)
  return (await import('./database/manual.ts')).manualSteps(records)
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
    case 'rollout': {
      const [{continueRollout}, {showReport}] = await Promise.all([
        import('./rollout/run.ts'),
        import('./rollout/report.ts'),
      ])
      const report = await continueRollout(fleet, operation.id, direction, progress)
      return {report, text: showReport(report)}
    }
    case 'scale': {
      const [{continueScale}, {showScaleReport}] = await Promise.all([
        import('./workload/operate/run.ts'),
        import('./workload/operate/report.ts'),
      ])
      const report = await continueScale(fleet, operation.id, direction, progress)
      return {report, text: showScaleReport(report)}
    }
    case 'drill': {
      const {continueDrill} = await import('./drill/run.ts')
      return continueDrill(fleet, operation.id, direction, progress)
    }
    default:
      throw new PpError('usage', 'OPERATION_KIND_UNKNOWN', {
        message: `This version of pp does not know operations of kind "${operation.kind}".`,
        hint: `Use the version that began it. What it has done: pp op show ${operation.id}`,
      })
  }
}
