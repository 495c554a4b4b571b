import {showSpread, spreadOf} from '../statistics.ts'
import type {Acts, ActTimes} from './acts.ts'
import type {Outage, Outages} from './outages.ts'

export function renderDrill({byHand, byPp}: Outages, acts: Acts, machine: string): string {
  const addedMs = medianOf(byPp) - medianOf(byHand)
  return [
    '## A drill',
    machine,
    'The host of the primary loses its power under the load of the planned change, each time in the first state of the lab, by turns.\n' +
      'By hand: the power switch is worked and asked, the standby promoted, the other one and the poolers led there, by a script over\n' +
      'connections opened beforehand that waits for nothing and proves nothing else. Outage: longest time without an acknowledged\n' +
      'commit over all clients, by the ledger of the clients. Milliseconds, min / **median** / p95 / max.',
    [
      '| by | runs | outage | rows lost or doubled |',
      '| --- | --: | --- | --: |',
      outageRow('hand', byHand),
      outageRow('`pp drill dr`', byPp),
    ].join('\n'),
    `- \`pp\` adds **${(addedMs / 1000).toFixed(1)} s** to the outage (difference of the medians).`,
    ['| | step | ms |', '| --- | --- | --- |', ...stepRows('hand', byHand), ...stepRows('pp', byPp)].join(
      '\n',
    ),
    `What an act costs, beside ${acts.rival}: an act of both starts the program \`true\` and looks at its exit status. By turns, a run\n` +
      'with 5 acts and one with 55; an act costs a fiftieth of the difference. `pp` writes each act to disk before and after, and\n' +
      'copies that to the voters; the other one writes its journal at the end.',
    [
      '| | runs | an act | whole run with 5 acts |',
      '| --- | --: | --- | --- |',
      actRow('`pp drill`', acts.pp),
      actRow(acts.rival, acts.chaosToolkit),
    ].join('\n'),
  ].join('\n\n')
}

const medianOf = (outages: readonly Outage[]): number => spreadOf(outages.map(({gapMs}) => gapMs)).median

function outageRow(by: string, outages: readonly Outage[]): string {
  const wrong = outages.reduce((sum, {lost, duplicated}) => sum + lost + duplicated, 0)
  return `| ${by} | ${outages.length} | ${showSpread(spreadOf(outages.map(({gapMs}) => gapMs)))} | ${wrong} |`
}

function stepRows(by: string, outages: readonly Outage[]): readonly string[] {
  const names = [...new Set(outages.flatMap(({steps}) => Object.keys(steps)))]
  const times = (name: string) => outages.flatMap(({steps}) => steps[name] ?? [])
  return names.map((name) => `| ${by} | ${name} | ${showSpread(spreadOf(times(name)))} |`)
}

const actRow = (by: string, times: readonly ActTimes[]): string =>
  `| ${by} | ${times.length} | ${showSpread(spreadOf(times.map(({perActMs}) => perActMs)))} | ` +
  `${showSpread(spreadOf(times.map(({fewMs}) => fewMs)))} |`
