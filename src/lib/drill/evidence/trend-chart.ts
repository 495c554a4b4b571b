import type {Trend} from '../report/history.ts'
import {html, type Markup} from './escape.ts'
import {showSeconds, showTime} from './figures.ts'

const width = 1000
const height = 120
const floor = 100

/** The RTO of the last runs, with the median of the earlier ones; undefined while there are too few to compare. */
export function trendChartOf({runs, medianRtoSeconds, isRegression}: Trend): Markup | undefined {
  if (runs.length < 2 || medianRtoSeconds === undefined) return undefined
  const most = Math.max(medianRtoSeconds, ...runs.map(({rtoSeconds}) => rtoSeconds ?? 0)) || 1
  const slot = width / runs.length
  const y = (seconds: number) => floor - (seconds / most) * (floor - 18)
  const bars = runs.map(({rtoSeconds, id, startedAt, outcome}, index) => {
    const x = index * slot + slot * 0.2
    const says = `${id}, ${showTime(startedAt)}: ${outcome}, ${rtoSeconds === undefined ? 'no RTO' : showSeconds(rtoSeconds)}`
    if (rtoSeconds === undefined)
      return html`<text class="soft" x="${(x + slot * 0.3).toFixed(1)}" y="${floor - 4}" text-anchor="middle"
        >–<title>${says}</title></text
      >`
    const isNewest = index === runs.length - 1
    return html`<rect
        x="${x.toFixed(1)}"
        y="${y(rtoSeconds).toFixed(1)}"
        width="${(slot * 0.6).toFixed(1)}"
        height="${Math.max(1, floor - y(rtoSeconds)).toFixed(1)}"
        rx="2"
        fill="var(--${isNewest ? 'act' : 'calm'})"
        ><title>${says}</title></rect
      ><text
        class="soft"
        x="${(x + slot * 0.3).toFixed(1)}"
        y="${(y(rtoSeconds) - 4).toFixed(1)}"
        text-anchor="middle"
        >${rtoSeconds.toFixed(1)}</text
      >`
  })
  const flag = isRegression === true ? html`<p class="bad">✖ Slower than usual.</p>` : ''
  return html`<svg
      class="wide"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="RTO of the last ${runs.length} runs, in seconds"
    >
      ${bars}
      <line
        x1="0"
        x2="${width}"
        y1="${y(medianRtoSeconds).toFixed(1)}"
        y2="${y(medianRtoSeconds).toFixed(1)}"
        stroke="var(--ink)"
        stroke-dasharray="4 4"
      />
      <line x1="0" x2="${width}" y1="${floor}" y2="${floor}" stroke="var(--line)" />
    </svg>
    <p class="soft">
      Seconds without a write, oldest run first. ┄ median of the earlier runs:
      ${showSeconds(medianRtoSeconds)}
    </p>
    ${flag}`
}
