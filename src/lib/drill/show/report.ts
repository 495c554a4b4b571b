import {wrapAfter} from '../../output/terminal.ts'
import {
  rtoParts,
  secondsOf,
  showLimit,
  showMeasured,
  showSeconds,
  showTime,
  verdictWord,
} from '../evidence/figures.ts'
import type {Trend} from '../report/history.ts'
import type {DrillReport, ObjectiveResult, ProbeResult} from '../report/report-types.ts'

const columns = 80
const label = (name: string): string => `  ${name.padEnd(14)} `

/** How a run ended, at a terminal. @param folder where its evidence is. */
export function showDrillReport(report: DrillReport, trend: Trend, folder: string): string {
  const {drill, environment, startedAt, exitCode, objectives, reasons, manual, id} = report
  const verdict = verdictWord(report)
  const head = `${verdict}  ${drill.name} on ${environment} · ${showTime(startedAt)} · ${showSeconds(secondsOf(report))}`
  const exit = `exit ${exitCode}`
  return [
    `${head}${exit.padStart(Math.max(2 + exit.length, columns - head.length))}`,
    ...reasons.map((reason) => wrapAfter('  ✖ ', reason, columns)),
    ...objectives.map((objective) => objectiveLine(objective, report)),
    ...steadyLines(report),
    undoLine(report),
    `${label('evidence')}${folder}/report.html`,
    `${label('')}pp drill verify ${id}`,
    ...trendLines(trend),
    ...(manual.length > 0 ? ['', '  Do by hand:', ...manual.map((line) => `    ${line}`)] : []),
  ].join('\n')
}

function objectiveLine(objective: ObjectiveResult, {rto, rpo}: DrillReport): string {
  const {id, status} = objective
  const symbol = status === 'met' ? '✔' : status === 'missed' ? '✖' : '?'
  const figures = `objective ${showLimit(objective)}, measured ${showMeasured(objective)}`
  return wrapAfter(
    label(id.replace('service:', '')),
    `${symbol} ${figures}${detailOf(id, rto, rpo)}`,
    columns,
  )
}

function detailOf(id: string, rto: DrillReport['rto'], rpo: DrillReport['rpo']): string {
  if (id === 'rto' && rto)
    return ` (${rtoParts.map(({part}) => `${part} ${rto.split[part].toFixed(2)}`).join(' ')})`
  if (id !== 'rpo' || !rpo) return ''
  const lost =
    rpo.lost.length === 0
      ? ''
      : `; missing ${rpo.lost.slice(0, 20).join(' ')}${rpo.lost.length > 20 ? ' …' : ''}`
  return ` (${rpo.found} of ${rpo.acknowledged} acknowledged rows found${lost})`
}

/** As they come in a run. */
const times = ['before', 'during', 'until-recovered', 'after'] as const

function steadyLines({probes}: DrillReport): readonly string[] {
  if (probes.length === 0) return []
  const byTime = Map.groupBy(probes, ({time}) => time)
  const shown = times.flatMap((time) => {
    const some = byTime.get(time)
    return some ? [`${time} ${symbolOf(some)}`] : []
  })
  return [wrapAfter(label('steady state'), shown.join('   '), columns)]
}

const symbolOf = (probes: readonly ProbeResult[]): string => {
  if (probes.some(({status}) => status === 'broken')) return '✖'
  if (probes.some(({status}) => status === 'no-data')) return '?'
  const misses = probes.reduce((sum, one) => sum + one.misses, 0)
  return misses === 0 ? '✔' : `✔ (${misses} missed, allowed)`
}

function undoLine({faults}: DrillReport): string {
  const left = faults.filter(({liftedAt}) => liftedAt === undefined)
  if (faults.length === 0) return `${label('undo')}nothing was broken`
  if (left.length > 0)
    return `${label('undo')}✖ still in force: ${left.map(({kind, host}) => `${kind} on ${host}`).join(', ')}`
  return `${label('undo')}✔ ${faults.length === 1 ? 'the fault is' : `all ${faults.length} faults are`} lifted, proved`
}

function trendLines({runs, sparkline, medianRtoSeconds, isRegression}: Trend): readonly string[] {
  if (runs.length < 2 || medianRtoSeconds === undefined) return []
  const flag = isRegression === true ? '  slower than usual' : ''
  return [`${label('trend')}${sparkline}  median ${showSeconds(medianRtoSeconds)}${flag}`]
}
