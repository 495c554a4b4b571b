// npm run bench:failover [-- --runs 20 --lab NAME]: `pp failover db` beside the hand-made floor, taking turns under the
// same load in a lab that is up, once without and once with 100 new clients a second. Writes docs/benchmarks.md.
// With --unplanned a primary that is lost instead: failover/unplanned.ts.
import {cpus, loadavg, release} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'
import * as z from 'zod'

import {resetLab} from '../../src/lib/lab/index.ts'
import {ordinaryLoad, startLoad, type RunningLoad} from '../../src/lib/lab/load.ts'
import {labPlace} from '../../src/lib/lab/load-place.ts'
import {requireRecord} from '../../src/lib/lab/state.ts'
import {exitCodes} from '../../src/lib/outcome.ts'
import {Collected} from './failover/collected.ts'
import {Floor, members, type Member, type StepTimes} from './failover/floor.ts'
import {runFailover} from './failover/pp.ts'
import {benchUnplanned} from './failover/unplanned.ts'
import {isMet, renderResults, type Result, type Sample} from './failover/table.ts'
import {writeSection} from './section.ts'

const {values} = parseArgs({
  options: {
    runs: {type: 'string'},
    lab: {type: 'string', default: process.env.PP_LAB ?? 'default'},
    'new-clients': {type: 'string', default: '0,100'},
    unplanned: {type: 'boolean', default: false},
    beside: {type: 'string', default: '30/10/10,20/10/5'},
  },
})
const runs = Number(values.runs ?? (values.unplanned ? 10 : 20))
const lab = values.lab
/** After a change, so that its tail is seen. */
const tailMs = 1000
/** A change begins after a second with no gap longer than this, if such a second comes within the time. */
const calmGapMs = 60
const calmTimeoutMs = 20_000

const ppReport = z.object({
  exitCode: z.number(),
  phases: z.array(z.object({id: z.string(), ms: z.number()})),
})

// An earlier run may have ended with a host that is off.
if (values.unplanned) await resetLab(lab)
const floor = await Floor.open(await requireRecord(lab))
const machine = await describeMachine()
if (values.unplanned) {
  floor.close()
  await benchUnplanned({lab, runs, beside: values.beside.split(',').filter(Boolean), machine})
} else await benchPlanned()

async function benchPlanned(): Promise<void> {
  const results: Result[] = []
  try {
    for (const newClients of values['new-clients'].split(',').map(Number))
      results.push(await compare(newClients))
  } finally {
    floor.close()
  }
  const markdown = renderResults(results, machine)
  writeSection('bench:failover', markdown)
  console.log(markdown)
  if (!results.every(isMet)) process.exitCode = exitCodes.missed
}

async function compare(newClientsPerSecond: number): Promise<Result> {
  const load = await startLoad(await labPlace(lab), {...ordinaryLoad, newClientsPerSecond})
  const byHand = new Collected()
  const byPp = new Collected()
  const quietGapsMs: number[] = []
  try {
    for (let run = 1; run <= runs; run += 1) {
      for (const [who, collected, change] of [
        ['floor', byHand, moveByHand],
        ['pp', byPp, moveByPp],
      ] as const) {
        const from = await floor.primary()
        await floor.settled(from)
        await calm(load)
        const to = next(from)
        const startMs = load.mark()
        const steps = await change(from, to)
        await sleep(tailMs)
        const sample = await sampleOf(load, startMs)
        quietGapsMs.push(await lastSecond(load, startMs))
        collected.add(sample, steps)
        console.error(
          `${newClientsPerSecond} new, ${who} ${run}/${runs}: ${from} → ${to} ${describe(sample, steps)}`,
        )
      }
    }
  } catch (error) {
    await load.stop()
    throw error
  }
  const {lost, duplicated} = await load.stop()
  return {newClientsPerSecond, floor: byHand, pp: byPp, quietGapsMs, lost, duplicated}
}

/** The machine may be busy with other things; they would be measured too. */
async function calm(load: RunningLoad): Promise<void> {
  const giveUpMs = load.mark() + calmTimeoutMs
  do await sleep(1100)
  while (load.mark() < giveUpMs && (await lastSecond(load)) > calmGapMs)
}

async function lastSecond(load: RunningLoad, toMs = load.mark()): Promise<number> {
  return (await load.figures({fromMs: toMs - 1000, toMs})).longestGapMs
}

/** Round the three members, so that both ways of doing it meet every pair. */
function next(member: Member): Member {
  const following = members[(members.indexOf(member) + 1) % members.length]
  if (following === undefined) throw new Error('No members')
  return following
}

function moveByHand(from: Member, to: Member): Promise<StepTimes> {
  return floor.switchover(from, to)
}

async function moveByPp(from: Member, to: Member): Promise<StepTimes> {
  const {exitCode, report, stderr} = await runFailover(lab, from, to)
  const parsed = ppReport.safeParse(report)
  if (!parsed.success || (await floor.primary()) !== to) {
    throw new Error(
      `pp failover db ended in ${exitCode} and ${to} is not primary\n${JSON.stringify(report)}\n${stderr}`,
    )
  }
  if (exitCode !== exitCodes.done) console.error(`pp ended in ${exitCode}: ${JSON.stringify(report)}`)
  return Object.fromEntries(parsed.data.phases.map(({id, ms}) => [id, ms]))
}

async function sampleOf(load: RunningLoad, fromMs: number): Promise<Sample> {
  const {longestGapMs, longestWaitMs, failed, unknown} = await load.figures({fromMs, toMs: load.mark()})
  return {gapMs: longestGapMs, waitMs: longestWaitMs, failed, unknown}
}

function describe({gapMs, waitMs, failed, unknown}: Sample, steps: StepTimes): string {
  const times = Object.entries(steps).map(([step, ms]) => `${step} ${Math.round(ms)}`)
  return `gap ${Math.round(gapMs)} wait ${Math.round(waitMs)} failed ${failed + unknown} (${times.join(', ')})`
}

async function describeMachine(): Promise<string> {
  const {postgres, pgbouncer} = await floor.versions()
  const date = new Date().toISOString().slice(0, 10)
  const cores = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}`
  const before = `load average before ${loadavg()[0]?.toFixed(1) ?? '?'}`
  return `${date}, ${cores}, Linux ${release()}, Node ${process.version}, PostgreSQL ${postgres}, ${pgbouncer}; the lab's hosts on one machine, ${before}.`
}
