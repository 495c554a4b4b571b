import {operationTime} from '../operation/id.ts'
import {brokenLink, readableRecords, type JournalRecord} from '../operation/journal.ts'
import {listOperations, readJournal} from '../operation/store.ts'
import type {Cluster} from './cluster.ts'
import type {VoterState} from './types.ts'

export interface KnownJournal {
  readonly id: string
  readonly records: readonly JournalRecord[]
}

/**
 * The journals of a database since a time: those on this machine, and those of colleagues' machines, which the voters keep.
 * Of these only what is not here is fetched.
 *
 * @param since milliseconds since 1970.
 */
export async function journalsSince(
  cluster: Cluster,
  voters: readonly VoterState[],
  since: number,
): Promise<readonly KnownJournal[]> {
  const {fleet} = cluster
  const here = listOperations(fleet).filter(
    ({target, openedAt}) => target === cluster.database.name && Date.parse(openedAt) > since,
  )
  const known = new Set(here.map(({id}) => id))
  const elsewhere = new Set(
    voters
      .flatMap(({journals}) => journals.map(({operation}) => operation))
      .filter((id) => !known.has(id) && operationTime(id) > since),
  )
  const fetched = await Promise.all([...elsewhere].map((id) => fetchCopy(cluster, voters, id)))
  return [
    ...here.map(({id}) => ({id, records: readJournal(fleet, id).records})),
    ...fetched.filter((one) => one !== undefined),
  ]
}

/** The copy of the latest holder, then the longest; another one only where that cannot be read whole. */
async function fetchCopy(
  cluster: Cluster,
  voters: readonly VoterState[],
  id: string,
): Promise<KnownJournal | undefined> {
  const copies = voters
    .flatMap(({host, journals}) =>
      journals.filter(({operation}) => operation === id).map((copy) => ({host, ...copy})),
    )
    .toSorted((one, other) => other.token - one.token || other.records - one.records)
  for (const {host} of copies) {
    try {
      const {lines} = await cluster
        .acts(host)
        .call('journal-read', {target: cluster.database.name, operation: id})
      if (lines.length > 0 && brokenLink(lines) === undefined) return {id, records: readableRecords(lines)}
    } catch {
      // The next one has it too.
    }
  }
  return undefined
}
