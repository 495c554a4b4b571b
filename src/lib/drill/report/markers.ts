import {rowLookup, type RowRange} from '../../drivers/application/row-ranges.ts'
import type {Marker} from '../../drivers/prober/types.ts'
import type {Looked} from '../looked.ts'
import type {RpoResult} from './report-types.ts'

/** A time without an acknowledged row, in the prober's clock. */
export interface Gap {
  /** End of the last acknowledged row before it. */
  readonly from: number
  /** End of the first acknowledged row after it; how far was measured, where none came. */
  readonly to: number
  readonly seconds: number
  readonly isOver: boolean
  /**
   * Longest time within it in which no row was tried. Much more than a pace: the prober itself was held up, and the gap says
   * nothing.
   */
  readonly longestPauseSeconds: number
}

/**
 * The longest time without an acknowledged row, of those that reach into a stretch of time: the RTO as a client saw it.
 *
 * @returns undefined where nothing was acknowledged before `to`.
 */
export function gapOf(markers: readonly Marker[], from: number, to: number): Gap | undefined {
  const [longest] = silences(markers, from, to).toSorted((a, b) => b.to - b.from - (a.to - a.from))
  return longest && gap(markers, longest)
}

/** All times without an acknowledged row that reach into a stretch and are longer than so many seconds, in their order. */
export function outagesOf(
  markers: readonly Marker[],
  stretch: {readonly from: number; readonly to: number},
  longerThanSeconds: number,
): readonly Gap[] {
  return silences(markers, stretch.from, stretch.to)
    .filter(({from, to}) => to - from > longerThanSeconds)
    .map((silence) => gap(markers, silence))
}

export const acknowledgedOf = (markers: readonly Marker[]): readonly number[] =>
  markers
    .filter(({fate}) => fate === 'acknowledged')
    .map(({n}) => n)
    .sort((a, b) => a - b)

/**
 * Which acknowledged rows are missing, once the table was read on the new primary.
 *
 * A number without a line was under way when the prober was killed, so it is unknown. So is one that is there although its
 * writer was told that it had failed: what a client knew was wrong, but nothing is lost.
 */
export function lostOf(markers: readonly Marker[], present: readonly RowRange[]): RpoResult {
  const isPresent = rowLookup(present.map((range) => ({...range, writer: ''})))
  const isThere = (n: number) => isPresent({writer: '', n})
  const fates = new Map(markers.map(({n, fate}) => [n, fate]))
  const acknowledged = acknowledgedOf(markers)
  const lost = acknowledged.filter((n) => !isThere(n))
  const rows = present.reduce((sum, {first, last}) => sum + last - first + 1, 0)
  const found = acknowledged.length - lost.length
  return {
    acknowledged: acknowledged.length,
    found,
    lost,
    unknownFound: rows - found,
    unknownMissing: numbersUpTo(markers).filter(
      (n) => (fates.get(n) ?? 'unknown') === 'unknown' && !isThere(n),
    ).length,
  }
}

/** As looks at a claim: a row that was acknowledged late was no service either, for the one who waited. */
export function looksOfMarkers(
  markers: readonly Marker[],
  probe: string,
  lateSeconds: number,
): readonly Looked[] {
  return markers.map(({fate, startedAt, endedAt, code}) => {
    const isLate = endedAt - startedAt > lateSeconds
    const isGood = fate === 'acknowledged' && !isLate
    const said = code ?? (isLate ? 'acknowledged late' : fate)
    return {probe, from: startedAt, to: endedAt, state: isGood ? 'good' : 'bad', said}
  })
}

interface Silence {
  readonly from: number
  readonly to: number
  readonly isOver: boolean
}

function silences(markers: readonly Marker[], from: number, to: number): readonly Silence[] {
  const ends = markers
    .filter(({fate}) => fate === 'acknowledged')
    .map(({endedAt}) => endedAt)
    .sort((a, b) => a - b)
  const [last] = ends.slice(-1)
  const between = ends.slice(1).map((end, index) => ({from: ends[index] ?? end, to: end, isOver: true}))
  const open = last !== undefined && last < to ? [{from: last, to, isOver: false}] : []
  return [...between, ...open].filter((one) => one.to > from && one.from < to)
}

function gap(markers: readonly Marker[], {from, to, isOver}: Silence): Gap {
  const tries = markers.map(({startedAt}) => startedAt).filter((start) => start > from && start < to)
  const points = [from, ...tries.sort((a, b) => a - b), to]
  const longestPauseSeconds = points
    .slice(1)
    .reduce((longest, point, index) => Math.max(longest, point - (points[index] ?? point)), 0)
  return {from, to, seconds: to - from, isOver, longestPauseSeconds}
}

function numbersUpTo(markers: readonly Marker[]): readonly number[] {
  const most = markers.reduce((most, {n}) => Math.max(most, n), 0)
  return Array.from({length: most}, (_, index) => index + 1)
}
