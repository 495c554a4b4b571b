import type {DrillReport} from './report-types.ts'

/** How a drill has done over its runs, oldest first. */
export interface Trend {
  readonly runs: readonly TrendRun[]
  /** Of the runs before the newest that measured an RTO; undefined while there are none. */
  readonly medianRtoSeconds: number | undefined
  /** Undefined: too few earlier runs to say so. */
  readonly isRegression: boolean | undefined
  readonly sparkline: string
}

export interface TrendRun {
  readonly id: string
  readonly startedAt: string
  readonly outcome: string
  readonly rtoSeconds: number | undefined
  readonly lostRows: number | undefined
}

/** A regression is slower than the median by both: a fifth of 0.3 s is noise. */
const slowerByShare = 0.2
const slowerBySeconds = 0.5
const leastEarlierRuns = 3
const shownRuns = 20

/** @param reports of one drill, oldest first. */
export function trendOf(reports: readonly DrillReport[]): Trend {
  const runs = reports.slice(-shownRuns).map(({id, startedAt, outcome, rto, rpo}) => ({
    id,
    startedAt,
    outcome,
    rtoSeconds: rto?.seconds,
    lostRows: rpo?.lost.length,
  }))
  const newest = runs.at(-1)?.rtoSeconds
  const earlier = runs.slice(0, -1).flatMap(({rtoSeconds}) => rtoSeconds ?? [])
  const median = medianOf(earlier)
  const isComparable = newest !== undefined && median !== undefined && earlier.length >= leastEarlierRuns
  return {
    runs,
    medianRtoSeconds: median,
    isRegression: isComparable
      ? newest > median * (1 + slowerByShare) && newest - median > slowerBySeconds
      : undefined,
    sparkline: sparklineOf(runs.map(({rtoSeconds}) => rtoSeconds)),
  }
}

function medianOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0]
  return (low + high) / 2
}

const bars = '▁▂▃▄▅▆▇█'

/** One bar a run, from the shortest time to the longest; a run that measured none is a gap. */
function sparklineOf(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const height = (value: number) =>
    most === least ? 3 : Math.round(((value - least) / (most - least)) * (bars.length - 1))
  return values.map((value) => (value === undefined ? ' ' : (bars[height(value)] ?? ' '))).join('')
}
