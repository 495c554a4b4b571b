import {execFile} from 'node:child_process'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {promisify} from 'node:util'
import * as z from 'zod'

import {powerOff, resetLab} from '../../../src/lib/lab/index.ts'
import {ordinaryLoad, startLoad, type RunningLoad} from '../../../src/lib/lab/load.ts'
import {labPlace} from '../../../src/lib/lab/load-place.ts'
import {requireRecord} from '../../../src/lib/lab/state.ts'
import {packageRoot} from '../../../src/lib/package-root.ts'
import {Floor, type StepTimes} from '../failover/floor.ts'
import {startPp} from '../failover/pp.ts'

const from = 'db1'
const to = 'db2'
/** Longer than any outage here, so that its end is seen. */
const giveUpSeconds = 60

export interface Outage {
  /** Longest time without an acknowledged commit over all clients. */
  readonly gapMs: number
  readonly lost: number
  readonly duplicated: number
  readonly steps: StepTimes
}

export interface Outages {
  readonly byHand: readonly Outage[]
  readonly byPp: readonly Outage[]
}

const report = z.object({
  outcome: z.string(),
  rto: z.object({seconds: z.number(), split: z.record(z.string(), z.number())}),
})

/** Both begin in the lab's first state, and take turns. */
export async function measureOutages(lab: string, runs: number): Promise<Outages> {
  const byHand: Outage[] = []
  const byPp: Outage[] = []
  for (let run = 1; run <= runs; run += 1) {
    for (const [who, all, act] of [
      ['by hand', byHand, typeByHand],
      ['pp drill dr', byPp, drill],
    ] as const) {
      const outage = await underLoad(lab, act)
      all.push(outage)
      const steps = Object.entries(outage.steps).map(([step, ms]) => `${step} ${Math.round(ms)}`)
      console.error(`${who} ${run}/${runs}: ${Math.round(outage.gapMs)} ms (${steps.join(', ')})`)
    }
  }
  return {byHand, byPp}
}

type Act = (lab: string, load: RunningLoad) => Promise<StepTimes>

async function underLoad(lab: string, act: Act): Promise<Outage> {
  await resetLab(lab)
  const load = await startLoad(await labPlace(lab), {...ordinaryLoad, answerSeconds: giveUpSeconds})
  try {
    await sleep(2000)
    const fromMs = load.mark()
    const steps = await act(lab, load)
    await sleep(1000)
    const {longestGapMs: gapMs} = await load.figures({fromMs, toMs: load.mark()})
    const {lost, duplicated} = await load.stop()
    return {gapMs, lost, duplicated, steps}
  } finally {
    await load.stop()
  }
}

/** What somebody types who knows that the host is lost: power off, see that it is, promote, lead everybody there. */
async function typeByHand(lab: string, load: RunningLoad): Promise<StepTimes> {
  const floor = await Floor.open(await requireRecord(lab))
  try {
    await powerOff(lab, from)
    const offMs = load.mark()
    const bmc = path.join(packageRoot, 'bin/lab-bmc')
    const {stdout} = await promisify(execFile)(bmc, [lab, from, 'status'])
    if (stdout.trim() !== 'off') throw new Error(`The switch of ${from} says ${stdout.trim()}`)
    const fenceMs = load.mark() - offMs
    const steps = await floor.failover(from, to)
    await untilWritten(load, load.mark())
    return {fence: fenceMs, ...steps}
  } finally {
    floor.close()
  }
}

async function drill(lab: string): Promise<StepTimes> {
  const {exitCode, report: document, stderr} = await startPp(lab, ['drill', 'dr', '--yes', '--json'])
  const parsed = report.safeParse(document)
  if (!parsed.success) throw new Error(`pp drill dr ended in ${exitCode}\n${stderr}`)
  const {outcome, rto} = parsed.data
  if (outcome !== 'done') console.error(`pp drill dr ended ${outcome}`)
  return Object.fromEntries(
    [...Object.entries(rto.split), ['rto of the report', rto.seconds] as const].map(([part, seconds]) => [
      part,
      seconds * 1000,
    ]),
  )
}

async function untilWritten(load: RunningLoad, fromMs: number): Promise<void> {
  for (const deadline = fromMs + giveUpSeconds * 1000; load.mark() < deadline;) {
    if ((await load.firstWriteAfter(fromMs)) !== undefined) return
    await sleep(250)
  }
  throw new Error(`Nobody could write for ${giveUpSeconds} s`)
}
