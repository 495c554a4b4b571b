import {lsnBytes, type Lsn} from '../lsn.ts'

/** What another member has of the lost one's timeline: all up to `lsn`. */
export interface Having {
  readonly host: string
  readonly isWritable: boolean
  readonly timeline: number
  /** How far it has this timeline itself. */
  readonly lsn: Lsn
  /** Where the timelines that its own comes from have ended. */
  readonly ancestors: readonly {readonly timeline: number; readonly lsn: Lsn}[]
}

/**
 * Where what the others lack begins: at the fork when one of them is primary, since it will never have more; else at
 * the furthest standby. Undefined when nobody has anything of that timeline.
 */
export function salvageStart(timeline: number, others: readonly Having[]): Lsn | undefined {
  const primary = others.find((one) => one.isWritable)
  const ends = (primary ? [primary] : others).flatMap((one) => endOf(timeline, one) ?? [])
  return ends.sort((one, other) => Number(lsnBytes(other) - lsnBytes(one)))[0]
}

function endOf(timeline: number, one: Having): Lsn | undefined {
  return one.timeline === timeline
    ? one.lsn
    : one.ancestors.find((ancestor) => ancestor.timeline === timeline)?.lsn
}
