import type {Cluster} from '../../database/cluster.ts'
import {PpError, refusal} from '../../errors.ts'
import {readLever, type LeverPlace} from './lever.ts'

/** Where the stop lever of a database is. */
export const leverOf = ({database, voters}: Cluster): LeverPlace => ({
  target: database.name,
  voters,
  votersInAll: database.voters.length,
})

/** Who has engaged it and why, as a sentence; undefined while it is released. @throws PpError VOTERS_MISSING. */
export async function leverPulled(cluster: Cluster): Promise<string | undefined> {
  const place = leverOf(cluster)
  const lever = await readLever(place)
  if (lever.state === 'unknown')
    throw refusal('VOTERS_MISSING', {
      message: `${lever.answered} of ${place.votersInAll} voters of ${place.target} answer: nobody knows whether the stop lever is engaged.`,
      hint: 'pp status',
    })
  if (lever.state === 'released' || !lever.record) return undefined
  const {by, at, why} = lever.record
  return `The stop lever of ${place.target} is engaged by ${by} since ${at}: ${why}`
}

/** @throws PpError LEVER_ENGAGED (7), VOTERS_MISSING. */
export async function assertLeverReleased(cluster: Cluster): Promise<void> {
  const pulled = await leverPulled(cluster)
  if (pulled !== undefined)
    throw new PpError('not-now', 'LEVER_ENGAGED', {message: pulled, hint: 'pp drill lever release'})
}
