import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {stringify} from 'yaml'

import {fleetFile} from '../../in-lab/fleet-file.ts'
import {startPp} from '../failover/pp.ts'

const run = promisify(execFile)
const few = 5
const many = 55
const version = '1.19.0'

export interface Acts {
  readonly rival: string
  /** Milliseconds of a whole run by number of acts: its start and end, and what they cost an act. */
  readonly pp: readonly ActTimes[]
  readonly chaosToolkit: readonly ActTimes[]
}

export interface ActTimes {
  readonly fewMs: number
  readonly perActMs: number
}

/** An act of both starts the program `true` once and looks at its exit status. */
export async function measureActs(lab: string, runs: number): Promise<Acts> {
  const chaos = await installRival()
  const fleet = await fleetFile((yaml) => yaml)
  const [drills, experiments] = [path.join(path.dirname(fleet), 'playbooks/drills'), path.dirname(fleet)]
  await mkdir(drills, {recursive: true})
  for (const acts of [few, many]) {
    await writeFile(path.join(drills, `acts-${acts}.yaml`), stringify(drillOf(acts)))
    await writeFile(path.join(experiments, `acts-${acts}.json`), JSON.stringify(experimentOf(acts)))
  }
  const byPp = async (acts: number): Promise<void> => {
    const {exitCode, stderr} = await startPp(lab, ['drill', `acts-${acts}`, '--yes', '--json'], fleet)
    if (exitCode !== 0) throw new Error(`pp drill acts-${acts} ended in ${exitCode}\n${stderr}`)
  }
  const byRival = async (acts: number): Promise<void> => {
    const argv = ['--no-version-check', 'run', path.join(experiments, `acts-${acts}.json`)]
    await run(chaos, argv, {cwd: experiments})
  }
  const pp: ActTimes[] = []
  const chaosToolkit: ActTimes[] = []
  for (let turn = 1; turn <= runs; turn += 1) {
    pp.push(await timesOf(byPp))
    chaosToolkit.push(await timesOf(byRival))
    console.error(`acts ${turn}/${runs}:`, pp.at(-1), chaosToolkit.at(-1))
  }
  return {rival: `Chaos Toolkit ${version}`, pp, chaosToolkit}
}

/** What stands before and after the acts is in both, and falls out. */
async function timesOf(act: (acts: number) => Promise<void>): Promise<ActTimes> {
  const time = async (acts: number) => {
    const started = performance.now()
    await act(acts)
    return performance.now() - started
  }
  const fewMs = await time(few)
  return {fewMs, perActMs: ((await time(many)) - fewMs) / (many - few)}
}

const drillOf = (acts: number) => ({
  apiVersion: 'pp/v1',
  title: `${acts} acts that do next to nothing`,
  why: 'What an act costs.',
  owner: 'nobody',
  environments: ['lab'],
  targets: {database: 'main', hosts: ['{primary}']},
  steadyState: [{name: 'true', probe: {command: {run: ['true']}}, when: ['before', 'after']}],
  // A drill without a fault is none; this one disturbs nobody, and is the same in a drill of any length.
  method: [
    {fault: 'hang-archiver', host: '{primary}'},
    {lift: 'hang-archiver'},
    ...Array.from({length: acts}, (_, index) => ({wait: 'true', name: `act-${index + 1}`})),
  ],
})

const probeOf = (name: string) => ({
  type: 'probe',
  name,
  tolerance: 0,
  provider: {type: 'process', path: 'true'},
})

const experimentOf = (acts: number) => ({
  title: `${acts} acts that do next to nothing`,
  description: 'What an act costs.',
  'steady-state-hypothesis': {title: 'true is true', probes: [probeOf('true')]},
  method: Array.from({length: acts}, (_, index) => probeOf(`act-${index + 1}`)),
  rollbacks: [],
})

/** In a folder of its own below the cache; nothing of pp needs it. @returns the program. */
async function installRival(): Promise<string> {
  const folder = path.join(homedir(), `.cache/pp/chaostoolkit-${version}`)
  const program = path.join(folder, 'bin/chaos')
  if (!existsSync(program)) {
    await run('python3', ['-m', 'venv', folder])
    await run(path.join(folder, 'bin/pip'), ['install', '--quiet', `chaostoolkit==${version}`])
  }
  return program
}
