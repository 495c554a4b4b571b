import * as z from 'zod/mini'

import {listCopies, removeCopy} from '../drivers/kubernetes/journal-copy.ts'
import {readableRecords} from '../operation/journal.ts'
import {leaseOf, type ServiceCluster} from './open-service.ts'

/** Of one service, in each of its clusters. */
const keptJournals = 50
/** How long what was to be given back by itself is kept after its time: what somebody else has set meanwhile is still told. */
const keptAfterUntilMs = 30 * 86_400_000

/** A scale that is given back by itself. */
const openedUntil = z.object({intent: z.object({until: z.object({to: z.string()})})})

/**
 * Takes the journals of a service that are of no use any more out of its clusters, the oldest first, and none after one that is:
 * an undo outlives what it has undone. What is on the machine that began them stays there.
 *
 * @throws PpError CLUSTER_….
 */
export async function removeOldJournals(
  service: string,
  clusters: readonly Pick<ServiceCluster, 'api' | 'declared'>[],
  nowMs = Date.now(),
): Promise<void> {
  for (const {api, declared} of clusters) {
    const {namespace} = declared
    const copies = await listCopies(api, namespace, leaseOf(service))
    const oldestFirst = copies.toSorted((one, other) => (one.operation < other.operation ? -1 : 1))
    for (const {operation, lines} of oldestFirst.slice(0, -keptJournals)) {
      const records = readableRecords(lines)
      const isOpen = !records.some(({type}) => type === 'closed')
      const until = openedUntil.safeParse(records[0]?.data).data?.intent.until.to
      if (isOpen || (until !== undefined && Date.parse(until) + keptAfterUntilMs > nowMs)) break
      await removeCopy(api, {namespace, operation})
    }
  }
}
