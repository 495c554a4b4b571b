import type {Trend} from '../report/history.ts'
import type {DrillReport} from '../report/report-types.ts'
import {rtoParts, secondsOf, showLimit, showMeasured, showSeconds, showTime, verdictWord} from './figures.ts'

/** For a pull request or a wiki. */
export function markdownOf(report: DrillReport, trend: Trend): string {
  const {drill, fleet, environment, operator, startedAt, id, reasons, manual} = report
  return [
    `# ${verdictWord(report)} ${text(drill.title)}`,
    '',
    `${code(id)} on ${text(fleet)}/${text(environment)}, ${showTime(startedAt)}, ${showSeconds(secondsOf(report))}, by ${text(operator)}. Outcome ${code(report.outcome)} (exit ${report.exitCode}).`,
    '',
    `> ${text(drill.why)}`,
    '',
    ...reasons.map((reason) => `- ${text(reason)}`),
    ...(reasons.length > 0 ? [''] : []),
    ...(manual.length > 0
      ? ['**To be done by hand:**', '', ...manual.map((line) => `- ${code(line)}`), '']
      : []),
    ...section('Objectives', objectiveRows(report)),
    ...rtoLines(report),
    ...rpoLines(report),
    ...section('Steady state', probeRows(report)),
    ...section('Acts', actRows(report)),
    ...section('Faults', faultRows(report)),
    ...trendLines(trend),
    '## Made with',
    '',
    ...Object.entries(report.versions).map(([name, version]) => `- ${text(name)} ${text(version)}`),
    `- plan ${code(report.planHash)}`,
    `- ${text(drill.name)} ${code(drill.hash)}`,
    `- verify: ${code(`pp drill verify ${id}`)}`,
    '',
  ].join('\n')
}

type Rows = readonly (readonly string[])[]

const section = (title: string, [head, ...rows]: Rows): readonly string[] =>
  rows.length === 0
    ? []
    : [`## ${title}`, '', row(head ?? []), row((head ?? []).map(() => '---')), ...rows.map(row), '']

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const objectiveRows = ({objectives}: DrillReport): Rows => [
  ['Objective', 'Wanted', 'Measured', ''],
  ...objectives.map((one) => [
    text(`${one.id}: ${one.title}`),
    showLimit(one),
    showMeasured(one),
    one.status,
  ]),
]

function rtoLines({rto}: DrillReport): readonly string[] {
  if (!rto) return []
  const parts = rtoParts.map(({part}) => `${part} ${showSeconds(rto.split[part])}`)
  return [`RTO ${showSeconds(rto.seconds)}: ${parts.join(', ')}.`, '']
}

function rpoLines({rpo}: DrillReport): readonly string[] {
  if (!rpo) return []
  const lost = rpo.lost.length === 0 ? '' : ` Missing: ${rpo.lost.join(', ')}.`
  return [`RPO: ${rpo.found} of ${rpo.acknowledged} acknowledged rows found.${lost}`, '']
}

const probeRows = ({probes}: DrillReport): Rows => [
  ['Claim', 'When', 'Looks', 'Missed', ''],
  ...probes.map(({name, time, looks, misses, allowedMisses, status, said}) => [
    text(name),
    time,
    String(looks),
    `${misses} (${allowedMisses} allowed)`,
    status === 'held' ? status : `${status}${said === undefined ? '' : `: ${text(said)}`}`,
  ]),
]

const actRows = ({acts}: DrillReport): Rows => [
  ['Act', 'From', 'Took', 'Operation', ''],
  ...acts.map(({name, from, to, operation, status, says}) => [
    text(name),
    showSeconds(from),
    to === undefined ? 'never ended' : showSeconds(to - from),
    operation === undefined ? '' : code(operation),
    `${status}: ${text(says)}`,
  ]),
]

const faultRows = ({faults}: DrillReport): Rows => [
  ['Fault', 'On', 'In force', 'Gone'],
  ...faults.map(({kind, host, inForce, gone, liftedAt}) => [
    text(kind),
    text(host),
    text(inForce),
    liftedAt === undefined ? '**not lifted**' : text(gone ?? ''),
  ]),
]

function trendLines({runs, medianRtoSeconds, isRegression, sparkline}: Trend): readonly string[] {
  if (runs.length < 2 || medianRtoSeconds === undefined) return []
  const flag = isRegression === true ? ' **Slower than usual.**' : ''
  return [
    '## Trend',
    '',
    `${sparkline} median RTO of ${runs.length - 1} earlier: ${showSeconds(medianRtoSeconds)}.${flag}`,
    '',
  ]
}

/** Nothing in it steers Markdown or HTML. */
const text = (value: string): string =>
  value.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').replaceAll(/[\\`*_{}[\]()<>#|!~&]/g, String.raw`\$&`)

/** A span of code; what would end it early is left out. */
const code = (value: string): string => `\`${value.replaceAll(/[`\p{Cc}\p{Cf}]/gu, '')}\``
