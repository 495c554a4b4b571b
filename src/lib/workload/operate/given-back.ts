import {listCopies} from '../../drivers/kubernetes/journal-copy.ts'
import type {Fleet} from '../../fleet/types.ts'
import {readableRecords} from '../../operation/journal.ts'
import {listOperations, readJournal, summaryOf} from '../../operation/store.ts'
import type {ServiceCluster} from '../open-service.ts'
import {openedScale} from './intent.ts'
import {rememberedGroups} from './memory-of-groups.ts'
import {scaleKind} from './scaling.ts'
import type {Records} from './types.ts'

/**
 * Clusters in which an operation has been undone already, as the journals on this machine and in these clusters tell: with a link
 * cut one site is undone before the other. What is there by now is somebody else's, also where it looks the same.
 *
 * @throws PpError CLUSTER_….
 */
export async function givenBackIn(
  fleet: Fleet,
  {id, target}: {readonly id: string; readonly target: string},
  clusters: readonly ServiceCluster[],
): Promise<ReadonlySet<string>> {
  const here = listOperations(fleet)
    .filter((one) => one.kind === scaleKind && one.target === target)
    .map((one) => ({operation: one.id, records: readJournal(fleet, one.id).records}))
  const copies = await Promise.all(clusters.map(({api, declared: {namespace}}) => listCopies(api, namespace)))
  const there = copies.flat().map(({operation, lines}) => ({operation, records: readableRecords(lines)}))
  return new Set([...here, ...there].flatMap((one) => undoneBy(one, {id, target})))
}

/** A node that could not be taken away is tried again by the next undo. */
function undoneBy(
  {operation, records}: {readonly operation: string; readonly records: Records},
  undone: {readonly id: string; readonly target: string},
): readonly string[] {
  const {kind, target, outcome} = summaryOf(operation, records)
  if (kind !== scaleKind || target !== undone.target) return []
  if (outcome !== 'done' && outcome !== 'degraded') return []
  const {undo, clusters} = openedScale(records)
  if (undo?.operation !== undone.id) return []
  const kept = rememberedGroups(records).returned.filter((one) => one.kept !== undefined)
  return clusters.map(({cluster}) => cluster).filter((name) => !kept.some(({cluster}) => cluster === name))
}
