import {listCopies, readCopy} from '../drivers/kubernetes/journal-copy.ts'
import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import type {Fleet, KubernetesCluster} from '../fleet/types.ts'
import {copyVerdict, type CopyVerdict} from '../operation/copy-verdict.ts'
import {bestChain} from '../operation/elsewhere.ts'
import {readableRecords} from '../operation/journal.ts'
import {summaryOf, type OperationSummary} from '../operation/store.ts'
import {lookAtEach} from './clusters.ts'

/** Of all that one cluster is asked for; who has lost a machine does not wait for a cluster that is lost too. */
const withinMs = 3000

/** A journal as one cluster has it. */
export interface ClusterCopy {
  readonly cluster: string
  /** Undefined: it has none, or does not answer. */
  readonly lines: readonly string[] | undefined
}

/** The copies of one operation's journal. */
export async function copiesInClusters(fleet: Fleet, operation: string): Promise<readonly ClusterCopy[]> {
  const looks = await inEach(fleet, (reader, {namespace}) => readCopy(reader, {namespace, operation}))
  return looks.map((look) => ({
    cluster: look.cluster.name,
    lines: look.kind === 'seen' ? look.seen?.lines : undefined,
  }))
}

/** The lines of an operation on a service; undefined where no cluster that answers has a whole chain. */
export async function chainOfService(
  fleet: Fleet,
  operation: string,
): Promise<readonly string[] | undefined> {
  const copies = await copiesInClusters(fleet, operation)
  return bestChain(
    copies.flatMap(({lines}) => (lines ? [lines] : [])),
    operation,
  )
}

/** Compares a journal with its copies line by line. */
export async function compareInClusters(
  fleet: Fleet,
  journal: {readonly id: string; readonly lines: readonly string[]},
): Promise<readonly CopyVerdict[]> {
  const ours = new Set(journal.lines)
  const copies = await copiesInClusters(fleet, journal.id)
  return copies.map(({cluster, lines = []}) => copyVerdict(cluster, lines, ours))
}

/** Operations on services that any machine began, and which clusters did not say. */
export async function operationsInClusters(
  fleet: Fleet,
): Promise<{readonly operations: readonly OperationSummary[]; readonly silent: readonly string[]}> {
  const looks = await inEach(fleet, (reader, {namespace}) => listCopies(reader, namespace))
  const copies = looks.flatMap((look) => (look.kind === 'seen' ? look.seen : []))
  const byId = Object.entries(Object.groupBy(copies, ({operation}) => operation))
  return {
    operations: byId.flatMap(([id, of = []]) => {
      const chain = bestChain(
        of.map(({lines}) => lines),
        id,
      )
      return chain ? [summaryOf(id, readableRecords(chain))] : []
    }),
    silent: looks.flatMap((look) => (look.kind === 'silent' ? [look.cluster.name] : [])),
  }
}

const inEach = <T>(fleet: Fleet, look: (reader: ClusterReader, cluster: KubernetesCluster) => Promise<T>) =>
  lookAtEach(fleet.clusters, look, withinMs)
