import type {RtoResult} from '../report/report-types.ts'
import {html, Markup} from './escape.ts'
import {rtoParts, showSeconds} from './figures.ts'

const width = 1000

/** The RTO, one part after the other, beside its objective, to the same scale. */
export function rtoBarOf({seconds, split}: RtoResult, objectiveSeconds: number | undefined): Markup {
  const scale = Math.max(seconds, objectiveSeconds ?? 0) || 1
  const x = (at: number) => (at / scale) * (width - 4)
  let at = 0
  const parts = rtoParts.map(({part}, index) => {
    const from = at
    at += split[part]
    return html`<rect
      x="${x(from).toFixed(1)}"
      y="2"
      width="${Math.max(0, x(at) - x(from)).toFixed(1)}"
      height="26"
      fill="${new Markup(`var(--d${index + 1})`)}"
      ><title>${part} ${showSeconds(split[part])}</title></rect
    >`
  })
  const limit =
    objectiveSeconds === undefined
      ? ''
      : html`<line
          x1="${x(objectiveSeconds).toFixed(1)}"
          y1="0"
          x2="${x(objectiveSeconds).toFixed(1)}"
          y2="34"
          stroke="var(--ink)"
          stroke-width="2"
          stroke-dasharray="4 3"
        />`
  const label = `RTO ${showSeconds(seconds)}: ${rtoParts.map(({part}) => `${part} ${showSeconds(split[part])}`).join(', ')}`
  return html`<svg
      viewBox="0 0 ${width} 36"
      preserveAspectRatio="none"
      style="height:36px"
      role="img"
      aria-label="${label}"
    >
      ${parts}${limit}
    </svg>
    <div class="meta">
      ${rtoParts.map(
        ({part, until}, index) =>
          html`<span
            ><svg viewBox="0 0 10 10" style="display:inline-block;width:10px;height:10px" aria-hidden="true">
              <rect width="10" height="10" fill="${new Markup(`var(--d${index + 1})`)}" />
            </svg>
            ${part} <b>${showSeconds(split[part])}</b>, ${until}</span
          >`,
      )}${objectiveSeconds === undefined ? '' : html`<span>┆ objective ${showSeconds(objectiveSeconds)}</span>`}
    </div>`
}
