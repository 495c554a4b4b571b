import {listCopies} from '../../drivers/kubernetes/journal-copy.ts'
import type {Fleet} from '../../fleet/types.ts'
import {readableRecords} from '../../operation/journal.ts'
import {listOperations, readJournal, summaryOf} from '../../operation/store.ts'
import type {ServiceCluster} from '../open-service.ts'
import {openedScale} from './intent.ts'
import {rememberedGroups} from './memory-of-groups.ts'
import {scaleKind} from './scaling.ts'
import type {Records} from './types.ts'

/** What of an operation was given back before. What is there by now is somebody else's, also where it looks the same. */
export interface GivenBack {
  readonly clusters: ReadonlySet<string>
  /** Instances in these that could not be taken away: they are tried again. */
  readonly kept: readonly string[]
}

/**
 * What undos of an operation have given back, as the journals on this machine and in these clusters tell: with a link cut one site
 * is undone before the other.
 *
 * @throws PpError CLUSTER_….
 */
export async function givenBackIn(
  fleet: Fleet,
  undone: {readonly id: string; readonly target: string},
  clusters: readonly ServiceCluster[],
): Promise<GivenBack> {
  const here = listOperations(fleet)
    .filter((one) => one.kind === scaleKind && one.target === undone.target)
    .map((one) => ({operation: one.id, records: readJournal(fleet, one.id).records}))
  const copies = await Promise.all(clusters.map(({api, declared: {namespace}}) => listCopies(api, namespace)))
  const there = copies.flat().map(({operation, lines}) => ({operation, records: readableRecords(lines)}))
  const undos = [...here, ...there].filter((one) => hasUndone(one, undone)).map(({records}) => records)
  const returned = undos.flatMap((records) => rememberedGroups(records).returned)
  const gone = returned.filter(({isDone}) => isDone).map(({instance}) => instance)
  const kept = returned.filter((one) => one.kept !== undefined).map(({instance}) => instance)
  return {
    clusters: new Set(undos.flatMap((records) => openedScale(records).clusters.map(({cluster}) => cluster))),
    kept: kept.filter((instance) => !gone.includes(instance)),
  }
}

/** An undo that has begun and is closed has made all its steps, whatever it found in the end: a site may have been silent by then. */
function hasUndone(
  {operation, records}: {readonly operation: string; readonly records: Records},
  undone: {readonly id: string; readonly target: string},
): boolean {
  const {kind, target, outcome, step} = summaryOf(operation, records)
  if (kind !== scaleKind || target !== undone.target || outcome === undefined || step === undefined)
    return false
  return openedScale(records).undo?.operation === undone.id
}
