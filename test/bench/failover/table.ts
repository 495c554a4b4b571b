import {showSpread, spreadOf, type Spread} from '../statistics.ts'

/** What clients saw of one change of primary. */
export interface Sample {
  readonly gapMs: number
  readonly waitMs: number
  readonly failed: number
  readonly unknown: number
}

/** All changes of one kind under one load. */
export interface Series {
  readonly samples: readonly Sample[]
  /** Median of each step, milliseconds, in the order they happen. */
  readonly steps: ReadonlyMap<string, readonly number[]>
}

export interface Result {
  readonly newClientsPerSecond: number
  readonly floor: Series
  readonly pp: Series
  /** Longest gap in a quiet second before each change. */
  readonly quietGapsMs: readonly number[]
  /** Over the whole load, both kinds. */
  readonly lost: number
  readonly duplicated: number
}

export const goalRatio = 1.3

/** How many times the floor's median write gap pp's is. */
export const ratioOf = ({floor, pp}: Result): number => gaps(pp).median / gaps(floor).median

export const isMet = (result: Result): boolean =>
  ratioOf(result) <= goalRatio &&
  result.lost + result.duplicated === 0 &&
  result.pp.samples.every(({failed, unknown}) => failed + unknown === 0)

export function renderResults(results: readonly Result[], machine: string): string {
  return [
    '## A planned change of primary',
    machine,
    'Both under the same load in the same run, taking turns: 8 clients, one INSERT a transaction, 5 ms between two, through the\n' +
      'poolers of both edge hosts. The floor is made by hand over connections opened beforehand, with no lock, journal, guard\n' +
      'or check. Write gap: longest time without an acknowledged commit over all clients, seen from the client host.\n' +
      'Milliseconds, min / **median** / p95 / max.',
    [
      '| new clients a second | | runs | write gap | longest wait of a client | failed | without an answer |',
      '| --: | --- | --: | --- | --- | --: | --: |',
      ...results.flatMap((result) => [
        row(result, 'floor', result.floor),
        row(result, '`pp failover db`', result.pp),
      ]),
    ].join('\n'),
    results.map(conclusion).join('\n'),
    ...results.map(stepTable),
  ].join('\n\n')
}

function row({newClientsPerSecond}: Result, title: string, series: Series): string {
  const waits = spreadOf(series.samples.map(({waitMs}) => waitMs))
  const sum = (key: 'failed' | 'unknown') => series.samples.reduce((total, sample) => total + sample[key], 0)
  const cells = [
    newClientsPerSecond,
    title,
    series.samples.length,
    showSpread(gaps(series)),
    showSpread(waits),
    sum('failed'),
    sum('unknown'),
  ]
  return `| ${cells.join(' | ')} |`
}

function conclusion(result: Result): string {
  const quiet = spreadOf(result.quietGapsMs)
  return (
    `- With ${result.newClientsPerSecond} new clients a second: ratio of the medians **${ratioOf(result).toFixed(2)}** ` +
    `(goal ≤ ${goalRatio}: ${isMet(result) ? 'met' : 'missed'}); ${result.lost} acknowledged rows lost, ` +
    `${result.duplicated} doubled. Longest gap in the quiet second before a change: ${Math.round(quiet.median)} (median), ` +
    `${Math.round(quiet.max)} (max).`
  )
}

function stepTable({newClientsPerSecond, floor, pp}: Result): string {
  const rows = [
    ...[...floor.steps].map(([step, times]) => `| floor | ${step} | ${showSpread(spreadOf(times))} |`),
    ...[...pp.steps].map(([step, times]) => `| pp | ${step} | ${showSpread(spreadOf(times))} |`),
  ]
  return [
    `Steps with ${newClientsPerSecond} new clients a second:\n`,
    '| | step | ms |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n')
}

const gaps = ({samples}: Series): Spread => spreadOf(samples.map(({gapMs}) => gapMs))
