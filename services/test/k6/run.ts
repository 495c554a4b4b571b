// node services/test/k6/run.ts SCRIPT ITERATIONS|VU/VUS: runs a load test's setup() and some iterations one after the other, and
// prints what it came to as JSON. With VU/VUS it is one of so many virtual users, who share the iterations that the script's
// arrival rates begin; one whose time has come while its user is busy begins late. A stand-in for k6: its times are no measure.
import {registerHooks} from 'node:module'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {pathToFileURL} from 'node:url'

import {arrivals, type Scenario} from './arrivals.ts'
import {broken} from './k6.ts'
import {forget} from './http.ts'
import {judge, type Verdict} from './samples.ts'
import {openSockets} from './websockets.ts'

export interface Outcome {
  /** How many were run. */
  readonly iterations: number
  readonly broken: readonly string[]
  readonly verdicts: readonly Verdict[]
  /** How many times the most of each scenario is its least. */
  readonly growth: Readonly<Record<string, number>>
}

interface Script {
  readonly options: {
    readonly scenarios: Readonly<Record<string, Scenario>>
    readonly thresholds: Readonly<Record<string, readonly string[]>>
  }
  readonly setup?: () => unknown
  readonly teardown?: (data: unknown) => void
  readonly [name: string]: unknown
}

const modules: Readonly<Record<string, string>> = {
  k6: './k6.ts',
  'k6/http': './http.ts',
  'k6/metrics': './metrics.ts',
  'k6/websockets': './websockets.ts',
  'k6/encoding': './encoding.ts',
  'k6/timers': './timers.ts',
}

registerHooks({
  resolve(specifier, context, next) {
    const own = modules[specifier]
    return next(own === undefined ? specifier : new URL(own, import.meta.url).href, context)
  },
})

const begunMs = Date.now()
const [file = '', played = '1'] = process.argv.slice(2)
const [vu = 1, vus] = played.includes('/') ? played.split('/').map(Number) : []
Object.assign(globalThis, {__ENV: {...process.env}, __VU: 0, __ITER: 0})
const script = (await import(pathToFileURL(path.resolve(file)).href)) as Script
const {scenarios, thresholds} = script.options
// What k6 hands to a virtual user has been JSON in between.
const data: unknown = JSON.parse(JSON.stringify(script.setup?.() ?? null))
const schedule = iterations()
for (const [iteration, {name, start}] of schedule.entries()) {
  await sleep(Math.max(0, begunMs + start * 1000 - Date.now()))
  Object.assign(globalThis, {__VU: vu, __ITER: iteration})
  await (script[name] as (data: unknown) => unknown)(data)
  while (openSockets() > 0) await sleep(10)
  forget()
}
script.teardown?.(data)

const growth = Object.fromEntries(
  Object.entries(scenarios).map(([name, {rate = 0, startRate = rate, stages = []}]) => [
    name,
    Math.max(startRate, ...stages.map(({target}) => target)) / startRate,
  ]),
)
const verdicts = Object.entries(thresholds).flatMap(([metric, conditions]) =>
  conditions.map((condition) => judge(metric, condition)),
)
console.log(JSON.stringify({iterations: schedule.length, broken, verdicts, growth} satisfies Outcome))

/** What is run, and when: seconds from the start of this process. */
function iterations(): {name: string; start: number}[] {
  const all = Object.values(scenarios)
  if (vus === undefined)
    return [...new Set(all.map(({exec = 'default'}) => exec))].flatMap((name) =>
      Array.from({length: Number(played)}, () => ({name, start: 0})),
    )
  return all
    .flatMap((scenario) => arrivals(scenario).map((start) => ({name: scenario.exec ?? 'default', start})))
    .toSorted((one, other) => one.start - other.start)
    .filter((_one, index) => index % vus === vu - 1)
}
