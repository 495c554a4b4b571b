import type {JournalRecord} from '../../operation/journal.ts'
import {isStep} from '../../operation/steps.ts'
import {synchronousStandbys} from '../synchronous.ts'

/** When commits on a new primary waited for no standby: what it took then was on its own disk alone. */
export interface Asynchronous {
  /** ISO 8601, by the journal's clock; the promotion. */
  readonly from: string
  /** Null: they do not wait yet. */
  readonly to: string | null
  readonly ms: number | null
}

/**
 * Null where commits wait for nobody anyway, or nobody was promoted.
 *
 * @param names for whom commits are to wait; `namesNow` for whom they do at the end.
 */
export function asynchronousTime(
  names: string,
  namesNow: string | undefined,
  records: readonly JournalRecord[],
): Asynchronous | null {
  const promoted =
    records.findLast(isStep('step-done', 'promote')) ?? records.findLast(isStep('step-intent', 'promote'))
  if (synchronousStandbys(names) === 0 || !promoted) return null
  const {at: from} = promoted
  if (namesNow !== names) return {from, to: null, ms: null}
  const after = records.filter(({n}) => n > promoted.n)
  // Of a run that was killed between setting it and writing that down the intent is left.
  const restored = after.find(isRestored(names)) ?? after.findLast(isStep('step-intent', 'synchronous'))
  return restored ? {from, to: restored.at, ms: Date.parse(restored.at) - Date.parse(from)} : null
}

/** The step ends without names where too few standbys stream. */
const isRestored = (names: string) => (record: JournalRecord) => {
  const {proof} = record.data as {proof?: {names?: string; synchronous_standby_names?: string}}
  return (
    isStep('step-done', 'synchronous')(record) && (proof?.names ?? proof?.synchronous_standby_names) === names
  )
}

export function showAsynchronous({from, to, ms}: Asynchronous, primary: string): string {
  return ms === null
    ? `Not synchronous since ${clock(from)} UTC: what ${primary} takes is on its own disk alone.`
    : `Not synchronous for ${(ms / 1000).toFixed(1)} s, ${clock(from)} to ${clock(to ?? '')} UTC: what ${primary} took then was on its own disk alone.`
}

const clock = (at: string): string => at.slice(11, 19)
