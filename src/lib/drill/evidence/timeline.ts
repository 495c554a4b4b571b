import type {DrillReport, ProbeSpan} from '../report/report-types.ts'
import {html, Markup} from './escape.ts'
import {showSeconds} from './figures.ts'

const width = 1000
const left = 150
const laneHeight = 26
const barHeight = 14
const top = 26

interface Bar {
  readonly from: number
  readonly to: number
  readonly className: 'fault' | 'act' | 'good' | 'bad' | 'no-data'
  readonly says: string
}

interface Lane {
  readonly name: string
  readonly bars: readonly Bar[]
}

/** What happened when, drawn to scale: faults, acts, and what each probe saw. */
export function timelineOf(report: DrillReport): Markup {
  const lanes = lanesOf(report)
  const end = Math.max(1, ...lanes.flatMap(({bars}) => bars.map(({to}) => to)))
  const x = (seconds: number) => left + (Math.max(0, seconds) / end) * (width - left - 12)
  const height = top + lanes.length * laneHeight + 8
  const ticks = ticksOf(end)
  return html`<svg class="wide" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="tl">
    <title id="tl">${summaryOf(report)}</title>
    ${hatch}${ticks.map((at) => tick(at, x(at), height))}${lanes.map((lane, row) => laneOf(lane, top + row * laneHeight, x))}
  </svg>`
}

/** What has no data, or failed, is told apart without its colour too. */
const hatch = new Markup(
  '<defs><pattern id="nd" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--line)"/><rect width="2" height="6" fill="var(--odd)"/></pattern><pattern id="bd" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="var(--bad)"/><rect width="1.4" height="5" fill="var(--paper)" opacity=".55"/></pattern></defs>',
)

const fills: Readonly<Record<Bar['className'], string>> = {
  fault: 'var(--fault)',
  act: 'var(--act)',
  good: 'var(--calm)',
  bad: 'url(#bd)',
  'no-data': 'url(#nd)',
}

function lanesOf({faults, acts, spans}: DrillReport): readonly Lane[] {
  const end = Math.max(0, ...spans.map(({to}) => to), ...acts.map(({from, to}) => to ?? from))
  return [
    ...faults.map(({name, kind, host, injectedAt, liftedAt}) => ({
      name,
      bars: [
        {
          from: injectedAt,
          to: liftedAt ?? end,
          className: 'fault' as const,
          says: `${kind} on ${host} from ${showSeconds(injectedAt)} ${liftedAt === undefined ? 'and not lifted' : `to ${showSeconds(liftedAt)}`}`,
        },
      ],
    })),
    ...acts
      .filter(({kind}) => kind !== 'fault')
      .map(({name, from, to, says, status}) => ({
        name,
        bars: [
          {
            from,
            to: to ?? end,
            className: status === 'done' ? ('act' as const) : ('bad' as const),
            says: `${status} after ${showSeconds((to ?? end) - from)}: ${says}`,
          },
        ],
      })),
    ...[...Map.groupBy(spans, ({probe}) => probe)].map(([name, own]) => ({name, bars: own.map(spanBar)})),
  ]
}

const spanBar = ({from, to, state, probe}: ProbeSpan): Bar => ({
  from,
  to,
  className: state,
  says: `${probe}: ${state} from ${showSeconds(from)} to ${showSeconds(to)}`,
})

function laneOf({name, bars}: Lane, y: number, x: (seconds: number) => number): Markup {
  const shown = name.length > 22 ? `${name.slice(0, 21)}…` : name
  return html`<text x="0" y="${y + 12}">${shown}</text>${bars.map(
      ({from, to, className, says}) =>
        html`<rect
          x="${x(from).toFixed(1)}"
          y="${y + 1}"
          width="${Math.max(2, x(to) - x(from)).toFixed(1)}"
          height="${barHeight}"
          rx="2"
          fill="${new Markup(fills[className])}"
          ><title>${says}</title></rect
        >`,
    )}`
}

const tick = (at: number, x: number, height: number): Markup =>
  html`<line
      x1="${x.toFixed(1)}"
      y1="${top - 8}"
      x2="${x.toFixed(1)}"
      y2="${height - 6}"
      stroke="var(--line)"
    /><text class="soft" x="${x.toFixed(1)}" y="12" text-anchor="middle">${at} s</text>`

/** Five to ten of them, at round numbers. */
function ticksOf(end: number): readonly number[] {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600]
  const step = steps.find((one) => end / one <= 10) ?? 7200
  return Array.from({length: Math.floor(end / step) + 1}, (_, index) => index * step)
}

const summaryOf = ({faults, acts, rto}: DrillReport): string =>
  [
    `${faults.length} faults and ${acts.length} acts over time.`,
    ...(rto
      ? [`Writes stopped at ${showSeconds(rto.from)} and worked again at ${showSeconds(rto.to)}.`]
      : []),
  ].join(' ')
