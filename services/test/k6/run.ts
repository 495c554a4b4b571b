// node services/test/k6/run.ts SCRIPT ITERATIONS: runs a load test's setup() and some iterations one after the other, and prints
// what it came to as JSON. A stand-in for k6 that stands for its modules only: it makes no load, and its times are no measure.
import {registerHooks} from 'node:module'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {pathToFileURL} from 'node:url'

import {broken} from './k6.ts'
import {forget} from './http.ts'
import {judge, type Verdict} from './samples.ts'
import {openSockets} from './websockets.ts'

export interface Outcome {
  readonly broken: readonly string[]
  readonly verdicts: readonly Verdict[]
  /** How many times the most of each scenario is its least. */
  readonly growth: Readonly<Record<string, number>>
}

interface Scenario {
  readonly exec?: string
  readonly rate?: number
  readonly startRate?: number
  readonly stages?: readonly {readonly target: number}[]
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

const [file = '', iterations = '1'] = process.argv.slice(2)
Object.assign(globalThis, {__ENV: {...process.env}, __VU: 0, __ITER: 0})
const script = (await import(pathToFileURL(path.resolve(file)).href)) as Script
const {scenarios, thresholds} = script.options
// What k6 hands to a virtual user has been JSON in between.
const data: unknown = JSON.parse(JSON.stringify(script.setup?.() ?? null))
const entries = new Set(Object.values(scenarios).map(({exec = 'default'}) => exec))
for (const name of entries) {
  for (let iteration = 0; iteration < Number(iterations); iteration += 1) {
    Object.assign(globalThis, {__VU: 1, __ITER: iteration})
    await (script[name] as (data: unknown) => unknown)(data)
    while (openSockets() > 0) await sleep(10)
    forget()
  }
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
console.log(JSON.stringify({broken, verdicts, growth} satisfies Outcome))
