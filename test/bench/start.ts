// npm run bench:start: how long pp takes to start, beside `node -e 0` in the same rounds. Prints a Markdown table and
// puts it into docs/benchmarks.md.
import {spawn} from 'node:child_process'
import {cpus, loadavg} from 'node:os'
import {join} from 'node:path'

import {packageRoot} from '../../src/lib/package-root.ts'
import {SilentFleet} from '../fleet/silent-fleet.ts'
import {writeSection} from './section.ts'
import {spreadOf} from './statistics.ts'

interface Case {
  readonly title: string
  /** How many times `node -e 0` it may take. */
  readonly goal: number | undefined
  readonly measure: () => Promise<number>
}

const rounds = Number(process.env.ROUNDS ?? 21)
const run = join(packageRoot, 'bin/run.js')

using fleet = await SilentFleet.create()
const env = {...process.env, ...fleet.env}

const cases: readonly Case[] = [
  {title: '`node -e 0`', goal: undefined, measure: () => untilExit(['-e', '0'])},
  {title: '`pp --version`', goal: 1.6, measure: () => untilExit([run, '--version'])},
  {title: 'Tab: a command', goal: 1.6, measure: () => untilExit([run, '__complete', 'fail'])},
  {
    title: 'Tab: the name of a database',
    goal: 1.6,
    measure: () => untilExit([run, '__complete', 'failover', 'db', '--fleet', fleet.file, '']),
  },
  {title: '`pp db status --help`', goal: 3, measure: () => untilExit([run, 'db', 'status', '--help'])},
  {
    title: '`pp failover db --plan` up to its first request',
    goal: 3,
    measure: () => untilRequest([run, 'failover', 'db', '--plan', '--to', 'db2', '--fleet', fleet.file]),
  },
]

for (const {measure} of cases) await measure() // fills the compile cache
const taken = cases.map(() => [] as number[])
for (let round = 0; round < rounds; round++) {
  for (const [index, {measure}] of cases.entries()) taken[index]!.push(await measure())
}

const spreads = taken.map(spreadOf)
const base = spreads[0]!.median
const rows = cases.map(({title, goal}, index) => {
  const {min, median, max} = spreads[index]!
  const ratio = median / base
  const verdict = goal === undefined ? '' : `≤ ${goal} ${ratio <= goal ? '✔' : '✖'}`
  const cells = [title, min.toFixed(0), median.toFixed(0), max.toFixed(0), ratio.toFixed(2), verdict]
  return `| ${cells.join(' | ')} |`
})
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}`
const markdown = [
  '## Start-up',
  '',
  `${new Date().toISOString().slice(0, 10)}, ${machine}, ${rounds} rounds, load average ${loadavg()[0]?.toFixed(1)}.`,
  '',
  '| command | min ms | median ms | max ms | × `node -e 0` | goal |',
  '| --- | --: | --: | --: | --: | --: |',
  ...rows,
].join('\n')
console.log(markdown)
writeSection('bench:start', markdown)

function untilExit(argv: readonly string[]): Promise<number> {
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(process.execPath, argv, {stdio: 'ignore', env})
    child.on('close', () => resolve(performance.now() - started))
  })
}

/** Until the first connection reaches the fleet's hosts; pp is not waited for after that. */
async function untilRequest(argv: readonly string[]): Promise<number> {
  const connected = fleet.connected().then(() => performance.now())
  const started = performance.now()
  const child = spawn(process.execPath, argv, {stdio: 'ignore', env})
  const closed = new Promise<number>((resolve) => child.on('close', () => resolve(Number.NaN)))
  const at = await Promise.race([connected, closed])
  child.kill('SIGKILL')
  await closed
  return at - started
}
