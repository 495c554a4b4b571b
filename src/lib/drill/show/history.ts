import {tableRows} from '../../output/table.ts'
import {showSeconds, showTime} from '../evidence/figures.ts'
import type {Trend} from '../report/history.ts'

/** A line a run, oldest first, and what the newest is worth beside the others. */
export function showHistory(name: string, {runs, medianRtoSeconds, isRegression, sparkline}: Trend): string {
  if (runs.length === 0)
    return `${name} was never run here. Look at what it would do: pp drill ${name} --plan`
  const rows = runs.map(({id, startedAt, outcome, rtoSeconds, lostRows}) => [
    showTime(startedAt),
    outcome,
    rtoSeconds === undefined ? '–' : showSeconds(rtoSeconds),
    lostRows === undefined ? '–' : String(lostRows),
    id,
  ])
  const flag =
    isRegression === undefined ? 'too few runs to compare' : isRegression ? 'slower than usual' : 'as usual'
  return [
    ...tableRows([['', 'outcome', 'RTO', 'lost', 'run'], ...rows], 80),
    '',
    `${sparkline}  median ${medianRtoSeconds === undefined ? '–' : showSeconds(medianRtoSeconds)}  ${flag}`,
  ].join('\n')
}
