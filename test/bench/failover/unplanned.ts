// npm run bench:failover -- --unplanned [--runs 10 --lab NAME --beside 30/10/10,20/10/5]: the primary's server is killed,
// or its host loses its power, under load. `pp failover db` is timed from its start to the first acknowledged write;
// Patroni, on the same hosts afterwards, from the loss itself, since it needs nobody to start it.
import {rmSync} from 'node:fs'
import {homedir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import {loadFleet} from '../../../src/lib/fleet/load.ts'
import {inHost, killProcess, mend, powerOff, powerOn, resetLab} from '../../../src/lib/lab/index.ts'
import {ordinaryLoad, startLoad, type LoadPlace, type RunningLoad} from '../../../src/lib/lab/load.ts'
import {labPlace} from '../../../src/lib/lab/load-place.ts'
import {exitCodes} from '../../../src/lib/outcome.ts'
import {packageRoot} from '../../../src/lib/package-root.ts'
import {writeSection} from '../section.ts'
import {startFailover} from './pp.ts'
import {Rival, type Timing} from './rival.ts'
import {isUnplannedMet, renderUnplanned, type Loss, type UnplannedSeries} from './unplanned-table.ts'

const unit = 'postgresql@15-main.service'
/** From the loss to the start of `pp`; nobody types faster. */
const operatorMs = 1000
const losses: readonly Loss[] = ['process dead', 'host dead']

const ppReport = z.object({
  exitCode: z.number(),
  phases: z.array(z.object({id: z.string(), ms: z.number()})),
})

export async function benchUnplanned(options: {
  readonly lab: string
  readonly runs: number
  /** `ttl/loop_wait/retry_timeout` of Patroni, one a series; none to leave it out. */
  readonly beside: readonly string[]
  readonly machine: string
}): Promise<void> {
  const {lab, runs, beside, machine} = options
  const results: UnplannedSeries[] = []
  for (const loss of losses) results.push(await repeat(runs, loss, 'pp failover db', () => byPp(lab, loss)))
  // All hosts on, for those who come next.
  await resetLab(lab)
  for (const words of beside) {
    const place = await labPlace(lab)
    const rival = await Rival.start(lab, timingOf(words), place, path.join(homedir(), '.cache/pp'))
    const title = `${await rival.version()}, ttl/loop_wait/retry_timeout ${words}`
    try {
      for (const loss of losses)
        results.push(await repeat(runs, loss, title, () => byRival(lab, rival, place, loss)))
    } finally {
      await rival.stop()
    }
  }
  await resetLab(lab)
  const markdown = renderUnplanned(results, machine)
  writeSection('bench:failover-unplanned', markdown)
  console.log(markdown)
  if (!isUnplannedMet(results)) process.exitCode = exitCodes.missed
}

type Sample = UnplannedSeries['samples'][number]

/** A run that the machine or the lab spoiled is told, left out and made again, twice in all. */
async function repeat(
  runs: number,
  loss: Loss,
  who: string,
  once: () => Promise<Sample>,
): Promise<UnplannedSeries> {
  const samples: Sample[] = []
  for (let spoiled = 0; samples.length < runs;) {
    try {
      const sample = await once()
      samples.push(sample)
      const steps = [...sample.steps].map(([step, ms]) => `${step} ${Math.round(ms)}`).join(', ')
      console.error(
        `${loss}, ${who} ${samples.length}/${runs}: ${Math.round(sample.firstWriteMs)} ms (${steps})`,
      )
    } catch (error) {
      console.error(`${loss}, ${who}: spoiled`, error)
      if (++spoiled > 2) throw error
    }
  }
  return {loss, who, samples}
}

async function byPp(lab: string, loss: Loss): Promise<Sample> {
  await resetLab(lab)
  // Else the second failover within the hour would be refused, as it should be.
  const {stateFolder} = loadFleet({environment: 'lab', folder: packageRoot, env: {PP_LAB: lab}})
  rmSync(path.join(stateFolder, 'operations'), {recursive: true, force: true})
  const load = await startLoad(await labPlace(lab), {...ordinaryLoad, answerSeconds: 60})
  try {
    await sleep(2000)
    if (loss === 'host dead') await powerOff(lab, 'db1')
    else {
      await inHost(lab, 'db1', ['systemctl', 'mask', '--runtime', unit], {timeoutSeconds: 20})
      await killProcess(lab, 'db1', 'postgres')
    }
    await sleep(operatorMs)
    const startMs = load.mark()
    const run = startFailover(lab, ['--from', 'db1', '--confirm', 'main', '--json'])
    const firstWriteMs = await firstWrite(load, startMs, 60)
    const {exitCode, report, stderr} = await run
    const parsed = ppReport.safeParse(report)
    if (!parsed.success || firstWriteMs === undefined)
      throw new Error(`pp failover db ended in ${exitCode}\n${JSON.stringify(report)}\n${stderr}`)
    const {lost, duplicated} = await load.stop()
    return {firstWriteMs, lost, duplicated, steps: new Map(parsed.data.phases.map(({id, ms}) => [id, ms]))}
  } finally {
    await load.stop()
  }
}

async function byRival(lab: string, rival: Rival, place: LoadPlace, loss: Loss): Promise<Sample> {
  const leader = await rival.settled()
  const load = await startLoad(rival.place(place), {...ordinaryLoad, through: 'direct', answerSeconds: 2})
  try {
    await sleep(2000)
    const startMs = load.mark()
    await (loss === 'host dead' ? powerOff(lab, leader) : rival.kill(leader))
    const goneMs = load.mark()
    const firstWriteMs = await firstWrite(load, goneMs, 120)
    if (firstWriteMs === undefined) throw new Error('Patroni let nobody write for two minutes')
    const {lost, duplicated} = await load.stop()
    return {firstWriteMs: firstWriteMs + goneMs - startMs, lost, duplicated, steps: new Map()}
  } finally {
    await load.stop()
    if (loss === 'host dead') {
      await powerOn(lab, leader)
      await mend(lab, leader)
    }
    await rival.run(leader)
  }
}

/** Milliseconds from a mark to the first acknowledgement after it. */
async function firstWrite(load: RunningLoad, fromMs: number, seconds: number): Promise<number | undefined> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline;) {
    await sleep(250)
    const at = await load.firstWriteAfter(fromMs)
    if (at !== undefined) return at - fromMs
  }
  return undefined
}

function timingOf(words: string): Timing {
  const [ttl = 30, loopWait = 10, retryTimeout = 10] = words.split('/').map(Number)
  return {ttl, loopWait, retryTimeout}
}
