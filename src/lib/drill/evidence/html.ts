import type {Trend} from '../report/history.ts'
import type {DrillReport, ObjectiveResult, ProbeResult} from '../report/report-types.ts'
import {html, Markup} from './escape.ts'
import {secondsOf, showLimit, showMeasured, showSeconds, showTime, verdictWord} from './figures.ts'
import {rtoBarOf} from './rto-bar.ts'
import {styles} from './styles.ts'
import {timelineOf} from './timeline.ts'
import {trendChartOf} from './trend-chart.ts'

/** One page that needs nothing but itself: to be read, printed, forwarded. */
export function htmlOf(report: DrillReport, trend: Trend): string {
  const {drill} = report
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${verdictWord(report)} ${drill.name}, ${showTime(report.startedAt)}</title>
        <style>
          ${new Markup(styles)}
        </style>
      </head>
      <body>
        <main>
          ${[
            headOf(report),
            byHandOf(report),
            figuresOf(report),
            section(
              'What happened when',
              html`<div class="scroll">${timelineOf(report)}</div>
                <p class="soft">
                  Striped red: bad. Striped amber: no data. Each bar says more when pointed at.
                </p>`,
            ),
            rtoOf(report),
            rpoOf(report),
            steadyOf(report),
            actsOf(report),
            faultsOf(report),
            trendOf(trend),
            madeWith(report),
          ]}
        </main>
      </body>
    </html> `
  return page.text
}

const section = (title: string, body: Markup): Markup =>
  html`<section>
    <h2>${title}</h2>
    ${body}
  </section>`
const nothing = new Markup('')

function headOf(report: DrillReport): Markup {
  const {drill, fleet, environment, operator, startedAt, outcome, exitCode, reasons} = report
  const verdict = verdictWord(report)
  return html`<header class="${verdict === 'PASS' ? 'pass' : 'fail'}">
    <span class="verdict">${verdict === 'PASS' ? '✔' : '✖'} ${verdict} · ${outcome} (exit ${exitCode})</span>
    <h1>${drill.title}</h1>
    <p>${drill.why}</p>
    ${
      reasons.length === 0
        ? nothing
        : html`<ul class="bad">
              ${reasons.map((reason) => html`<li>${reason}</li>`)}
            </ul>
            <p></p>`
    }
    <div class="meta">
      <span>${fleet}/${environment}</span><span>${showTime(startedAt)}</span
      ><span>${showSeconds(secondsOf(report))}</span><span>by ${operator}</span
      ><span>owner ${drill.owner}</span>
    </div>
  </header>`
}

const byHandOf = ({manual}: DrillReport): Markup =>
  manual.length === 0
    ? nothing
    : html`<section class="byhand">
        <h2>To be done by hand</h2>
        <ul>
          ${manual.map((line) => html`<li><code>${line}</code></li>`)}
        </ul>
      </section>`

const figuresOf = ({objectives}: DrillReport): Markup =>
  objectives.length === 0
    ? nothing
    : section('Objectives', html`<div class="figures">${objectives.map(figureOf)}</div>`)

const words = {met: '✔ met', missed: '✖ missed', unknown: '? not measured'} as const
const colours = {met: 'good', missed: 'bad', unknown: 'odd'} as const

const figureOf = (objective: ObjectiveResult): Markup =>
  html`<div class="figure ${objective.status}">
    <span class="soft">${objective.id.toUpperCase().replace('SERVICE:', '')}</span
    ><b>${showMeasured(objective)}</b><span>${objective.title}</span><br /><span
      class="${colours[objective.status]}"
      >${words[objective.status]}</span
    >
    <span class="soft">· objective ${showLimit(objective)}</span>
  </div>`

function rtoOf({rto, objectives}: DrillReport): Markup {
  if (!rto) return nothing
  const limit = objectives.find(({id}) => id === 'rto')?.limit
  return section(
    `Time without a write: ${showSeconds(rto.seconds)}`,
    html`${rtoBarOf(rto, limit)}
      <p class="soft">
        As a client host outside of pp has measured it, by rows that were acknowledged. The operation itself
        took ${showSeconds(rto.operationSeconds)}.
      </p>`,
  )
}

const foldedFrom = 50

function rpoOf({rpo}: DrillReport): Markup {
  if (!rpo) return nothing
  const {acknowledged, found, lost, unknownFound, unknownMissing} = rpo
  const numbers = html`<code>${lost.join(' ')}</code>`
  const list =
    lost.length === 0
      ? html`<p class="good">✔ None is missing.</p>`
      : lost.length > foldedFrom
        ? html`<details>
            <summary class="bad">✖ ${lost.length} acknowledged rows are missing</summary>
            ${numbers}
          </details>`
        : html`<p class="bad">✖ Missing: ${numbers}</p>`
  return section(
    'Rows that were acknowledged',
    html`<p><b>${found}</b> of <b>${acknowledged}</b> were found in the table afterwards.</p>
      ${list}
      <p class="soft">
        Of those without an answer ${unknownFound} are there and ${unknownMissing} are not; nobody was told
        that they were.
      </p>`,
  )
}

const steadyOf = ({probes}: DrillReport): Markup =>
  probes.length === 0
    ? nothing
    : section('Steady state', tableOf(['Claim', 'When', 'Looks', 'Missed', ''], probes.map(probeRow)))

const states = {held: '✔ held', broken: '✖ broken', 'no-data': '? no data'} as const
const stateColours = {held: 'good', broken: 'bad', 'no-data': 'odd'} as const

const probeRow = ({name, time, looks, misses, allowedMisses, status, said}: ProbeResult): Markup =>
  html`<tr>
    <td>${name}</td>
    <td>${time}</td>
    <td class="n">${looks}</td>
    <td class="n">${misses} of ${allowedMisses}</td>
    <td>
      <span class="${stateColours[status]}">${states[status]}</span
      >${said === undefined ? nothing : html` <span class="soft">${said}</span>`}
    </td>
  </tr>`

const actsOf = ({acts}: DrillReport): Markup =>
  acts.length === 0
    ? nothing
    : section(
        'Acts',
        tableOf(
          ['Act', 'At', 'Took', 'Operation', ''],
          acts.map(
            ({name, from, to, operation, status, says}) =>
              html`<tr>
                <td>${name}</td>
                <td class="n">${showSeconds(from)}</td>
                <td class="n">${to === undefined ? '–' : showSeconds(to - from)}</td>
                <td><code>${operation ?? ''}</code></td>
                <td>
                  <span class="${status === 'done' ? 'good' : 'bad'}"
                    >${status === 'done' ? '✔' : '✖'} ${status}</span
                  >
                  <span class="soft">${says}</span>
                </td>
              </tr>`,
          ),
        ),
      )

const faultsOf = ({faults}: DrillReport): Markup =>
  faults.length === 0
    ? nothing
    : section(
        'Faults, and the proof that they are gone',
        tableOf(
          ['Fault', 'On', 'In force', 'Gone'],
          faults.map(
            ({kind, host, inForce, gone, liftedAt}) =>
              html`<tr>
                <td>${kind}</td>
                <td>${host}</td>
                <td class="soft">${inForce}</td>
                <td>
                  ${liftedAt === undefined ? html`<span class="bad">✖ not lifted</span>` : html`<span class="good">✔</span> <span class="soft">${gone ?? ''}</span>`}
                </td>
              </tr>`,
          ),
        ),
      )

const tableOf = (head: readonly string[], rows: readonly Markup[]): Markup =>
  html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${head.map((cell) => html`<th>${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`

function trendOf(trend: Trend): Markup {
  const chart = trendChartOf(trend)
  return chart ? section('Trend', html`<div class="scroll">${chart}</div>`) : nothing
}

const madeWith = ({versions, planHash, drill, id, operation}: DrillReport): Markup =>
  section(
    'Made with',
    html`<div class="scroll">
      <table>
        <tbody>
          ${Object.entries(versions).map(
            ([name, version]) =>
              html`<tr>
                <td>${name}</td>
                <td>${version}</td>
              </tr>`,
          )}
          <tr>
            <td>run, operation</td>
            <td><code>${id} ${operation}</code></td>
          </tr>
          <tr>
            <td>plan (sha256)</td>
            <td><code>${planHash}</code></td>
          </tr>
          <tr>
            <td>${drill.name}.yaml (sha256)</td>
            <td><code>${drill.hash}</code></td>
          </tr>
          <tr>
            <td>verify</td>
            <td><code>pp drill verify ${id}</code></td>
          </tr>
        </tbody>
      </table>
    </div>`,
  )
