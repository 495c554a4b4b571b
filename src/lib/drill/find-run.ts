import {usageError} from '../errors.ts'
import type {Fleet} from '../fleet/types.ts'
import {listOperations, readJournal, type OperationSummary} from '../operation/store.ts'
import {openedDrill} from './intent.ts'
import {drillKind} from './kind.ts'

export interface FoundRun {
  readonly run: string
  readonly operation: OperationSummary
}

/** Runs that this machine has begun or taken over, newest first. */
export const startedRuns = (fleet: Fleet): readonly FoundRun[] =>
  listOperations(fleet)
    .filter(({kind}) => kind === drillKind)
    .flatMap((operation) => {
      const intent = openedDrill(readJournal(fleet, operation.id).records)
      return intent ? [{run: intent.run, operation}] : []
    })

/** The run whose name, or whose operation's id, begins so; the only unfinished one when nothing is given. @throws PpError RUN_UNKNOWN. */
export function findRun(fleet: Fleet, prefix: string | undefined): FoundRun {
  const all = startedRuns(fleet)
  const matching =
    prefix === undefined
      ? all.filter(({operation}) => operation.outcome === undefined)
      : all.filter(
          ({run, operation}) => run.startsWith(prefix) || operation.id.startsWith(prefix.toUpperCase()),
        )
  const [only, second] = matching
  if (only && !second) return only
  const known = matching.map(({run}) => run).join(', ') || 'none'
  throw usageError('RUN_UNKNOWN', {
    message:
      prefix === undefined
        ? `There is not exactly one unfinished drill: ${known}.`
        : `No single run begins with "${prefix}": ${known}.`,
    hint: 'pp drill status',
  })
}
