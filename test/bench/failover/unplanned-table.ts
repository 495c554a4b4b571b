import {showSpread, spreadOf} from '../statistics.ts'

export type Loss = 'process dead' | 'host dead'

/** All losses of one kind, mended by one means. */
export interface UnplannedSeries {
  readonly loss: Loss
  readonly who: string
  readonly samples: readonly {
    /** To the first acknowledged write: from the start of the command, or from the loss where nothing is typed. */
    readonly firstWriteMs: number
    readonly lost: number
    readonly duplicated: number
    readonly steps: ReadonlyMap<string, number>
  }[]
}

const goalMs: Readonly<Record<Loss, number>> = {'process dead': 1500, 'host dead': 4000}

const isOurs = ({who}: UnplannedSeries): boolean => who.startsWith('pp ')
const medianOf = ({samples}: UnplannedSeries): number =>
  spreadOf(samples.map(({firstWriteMs}) => firstWriteMs)).median
const lossesIn = ({samples}: UnplannedSeries): number =>
  samples.reduce((sum, {lost, duplicated}) => sum + lost + duplicated, 0)

const isMet = (series: UnplannedSeries): boolean =>
  medianOf(series) <= goalMs[series.loss] && lossesIn(series) === 0

export const isUnplannedMet = (results: readonly UnplannedSeries[]): boolean =>
  results.filter(isOurs).every(isMet)

export function renderUnplanned(results: readonly UnplannedSeries[], machine: string): string {
  return [
    '## A lost primary',
    machine,
    'Under the load of the planned change. `pp failover db --from db1 --confirm main` is timed from the start of the command to\n' +
      'the first acknowledged write of any client; it starts a second after the loss. Patroni, with one etcd member and one\n' +
      'synchronous standby, on the same hosts, is timed from the loss, as nobody has to start it; its clients try all members and\n' +
      'give up a silent one after 2 s. "Process dead": every process of the server is killed and stays down, its host answers.\n' +
      '"Host dead": its power is gone; `pp` fences it with the power switch. Milliseconds, min / **median** / p95 / max.',
    [
      '| lost | by | runs | first write | rows lost or doubled |',
      '| --- | --- | --: | --- | --: |',
      ...results.map(
        (series) =>
          `| ${series.loss} | ${isOurs(series) ? '`pp failover db`' : series.who} | ${series.samples.length} | ` +
          `${showSpread(spreadOf(series.samples.map(({firstWriteMs}) => firstWriteMs)))} | ${lossesIn(series)} |`,
      ),
    ].join('\n'),
    results
      .filter(isOurs)
      .map(
        (series) =>
          `- ${series.loss}: median **${(medianOf(series) / 1000).toFixed(1)} s** (goal ≤ ${goalMs[series.loss] / 1000} s: ${isMet(series) ? 'met' : 'missed'}).`,
      )
      .join('\n'),
    ...results.filter(isOurs).map(stepTable),
  ].join('\n\n')
}

function stepTable({loss, samples}: UnplannedSeries): string {
  const names = [...new Set(samples.flatMap(({steps}) => [...steps.keys()]))]
  const row = (name: string): string =>
    `| ${name} | ${showSpread(spreadOf(samples.flatMap(({steps}) => steps.get(name) ?? [])))} |`
  return [`Steps of \`pp\`, ${loss}:\n`, '| step | ms |', '| --- | --- |', ...names.map(row)].join('\n')
}
