import {refusal, type PpError} from '../../errors.ts'
import type {JournalRecord} from '../../operation/journal.ts'
import {summaryOf} from '../../operation/store.ts'
import {hasPromoted} from '../memory.ts'
import {failoverKind} from './kind.ts'

const anHour = 3_600_000

/** From when on a failover makes a second one suspect. */
export const recently = (now: number): number => now - anHour

/** A primary that is lost twice in an hour has a cause that a third change does not cure. One that was taken back is none. */
export function secondFailover(
  database: string,
  journals: readonly {readonly id: string; readonly records: readonly JournalRecord[]}[],
  now: number,
): PpError | undefined {
  const last = journals
    .filter(({records}) => hasPromoted(records))
    .map(({id, records}) => summaryOf(id, records))
    .filter(
      ({kind, target, openedAt}) =>
        kind === failoverKind && target === database && Date.parse(openedAt) > recently(now),
    )
    .toSorted((one, other) => other.openedAt.localeCompare(one.openedAt))[0]
  if (!last) return undefined
  return refusal('FAILED_OVER_RECENTLY', {
    message: `${database} was failed over within the hour (operation ${last.id} of ${last.owner}, ${last.openedAt}).`,
    hint: `Find out why it was lost again, then: pp failover db ${database} --again`,
  })
}
