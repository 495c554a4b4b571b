// npm run test:torture [-- --minutes 20 --seed N --round N --regressions]: a random schedule of faults, pp runs, kills and
// resumes under load, the same one for the same seed. Ends with 1 at the first round in which something is that must never
// be; that round is kept in test/torture/regressions/, and --regressions plays those again.
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import * as z from 'zod'

import {loadFleet} from '../../src/lib/fleet/load.ts'
import {labUp, resetLab} from '../../src/lib/lab/index.ts'
import {ordinaryLoad, startLoad} from '../../src/lib/lab/load.ts'
import {labPlace} from '../../src/lib/lab/load-place.ts'
import {isStep, proofOf} from '../../src/lib/operation/steps.ts'
import {listOperations, readJournal} from '../../src/lib/operation/store.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {lab} from '../in-lab/name.ts'
import {performRound, rowsOf, settle, type Tale} from './perform.ts'
import {roundOf, type Round} from './schedule.ts'
import {Watch} from './watch.ts'

const {values} = parseArgs({
  options: {
    minutes: {type: 'string', default: '20'},
    seed: {type: 'string', default: String(Date.now() % 1_000_000)},
    round: {type: 'string', default: '0'},
    regressions: {type: 'boolean', default: false},
  },
})
const kept = fileURLToPath(new URL('regressions', import.meta.url))
const seed = Number(values.seed)
const endAt = Date.now() + Number(values.minutes) * 60_000
const fleet = loadFleet({environment: 'lab', folder: packageRoot, env: {PP_LAB: lab}})
/** What a committed row takes in the WAL at least: its insert and its commit. */
const leastBytesOfRow = 60
/** The guards' limit, and what it takes to act on it and to be seen on a busy machine. */
const hardLimitSeconds = (fleet.databases[0]?.clientTimeoutSeconds ?? 15) - 5 + 3

// Before labUp, which would wait for hosts that an earlier run has left broken; where there is no lab it is made.
await resetLab(lab).catch(() => undefined)
const progress = createProgress()
await labUp(lab, {progress})
await progress.end()
const watch = new Watch(lab, hardLimitSeconds)
const runs: string[] = []
let rowsBefore = 0
await anew()
await watch.start()
let played = 0
let acknowledged = 0
const failures: string[] = []
console.log(`seed ${seed}, ${values.minutes} minutes`)
for (const round of schedule()) {
  const violations = await play(round)
  played++
  if (violations.length > 0) {
    failures.push(keep(round, violations))
    if (!values.regressions) break
    await anew()
  }
}
watch.stop()
const looks = `${watch.acknowledged} writes watched, ${watch.looks} looks at poolers, ${acknowledged} rows acknowledged to clients`
console.log(
  `${failures.length === 0 ? 'clean' : `failed: ${failures.join(' ')}`}: seed ${seed}, ${played} rounds, ${looks}`,
)
process.exitCode = failures.length === 0 ? 0 : 1

function* schedule(): Generator<Round> {
  if (values.regressions) {
    yield* regressions()
    return
  }
  for (let n = Number(values.round); Date.now() < endAt; n++) yield roundOf(seed, n)
}

/** The events as they were kept: a later generator makes other ones of the same seed. */
function* regressions(): Generator<Round> {
  const one = z.object({schedule: z.object({seed: z.number(), round: z.number()}).loose()})
  for (const file of existsSync(kept) ? readdirSync(kept).sort() : [])
    yield one.parse(JSON.parse(readFileSync(`${kept}/${file}`, 'utf8'))).schedule as unknown as Round
}

async function play(round: Round): Promise<readonly string[]> {
  const lines: string[] = []
  const violations: string[] = []
  const seenBefore = watch.violations.length
  const tale: Tale = {
    say: (line) => {
      lines.push(line)
      console.log(`${new Date().toISOString().slice(11, 23)} ${round.seed}/${round.round} ${line}`)
    },
    violated: (what) => violations.push(what),
  }
  const startedAt = new Date().toISOString()
  const load = await startLoad(await labPlace(lab), {...ordinaryLoad, clients: 3, paceMs: 40})
  runs.push(load.run)
  await performRound(round, tale)
  await settle(round, tale)
  const verdict = await load.stop()
  acknowledged += verdict.acknowledged
  const facts = `${verdict.acknowledged} acknowledged, ${verdict.failed} failed, ${verdict.unknown} unknown, ${verdict.lost} lost`
  tale.say(`settled: ${facts}; writable ${verdict.writable.join(' ')}`)
  if (verdict.writable.length !== 1) violations.push(`writable: ${verdict.writable.join(' ') || 'nobody'}`)
  const bytesMissing = saidToBeMissing(startedAt)
  if (verdict.lost * leastBytesOfRow > bytesMissing)
    violations.push(`${verdict.lost} acknowledged rows are lost, as ${verdict.lostRows.join(' ')}`)
  if (verdict.duplicated + verdict.failedPresent > 0)
    violations.push(`${verdict.duplicated} doubled, ${verdict.failedPresent} there though they failed`)
  const rows = await rowsOf(runs)
  if (rows === undefined || (rowsBefore - rows) * leastBytesOfRow > bytesMissing)
    violations.push(`${rowsBefore} rows of earlier rounds, ${rows ?? 'no'} rows now`)
  rowsBefore = rows ?? 0
  violations.push(...watch.violations.slice(seenBefore))
  for (const violation of violations) tale.say(`VIOLATED: ${violation}`)
  if (violations.length > 0) console.log(`seed ${round.seed}, round ${round.round}:\n${lines.join('\n')}`)
  return violations
}

/** How much the members that operations since then have promoted may lack, as these measured it; infinite where they could not. */
function saidToBeMissing(since: string): number {
  return listOperations(fleet).reduce((bytes, {id, openedAt}) => {
    if (openedAt < since) return bytes
    const {records} = readJournal(fleet, id)
    const measured = proofOf(records, 'measure') as {bound: {bytes?: number}} | undefined
    const isPromoted = records.some(isStep('step-intent', 'promote'))
    return measured && isPromoted ? bytes + (measured.bound.bytes ?? Infinity) : bytes
  }, 0)
}

function keep(round: Round, violations: readonly string[]): string {
  mkdirSync(kept, {recursive: true})
  const file = `${kept}/seed-${round.seed}-round-${round.round}.json`
  writeFileSync(file, `${JSON.stringify({schedule: round, violations}, null, 2)}\n`)
  return `seed ${round.seed} round ${round.round} (${file})`
}

/** The lab's first state, without journals of what was before. */
async function anew(): Promise<void> {
  await resetLab(lab)
  rmSync(`${fleet.stateFolder}/operations`, {recursive: true, force: true})
  runs.length = 0
  rowsBefore = 0
  watch.forget()
}
