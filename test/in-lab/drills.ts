import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'

import type {DrillReport} from '../../src/lib/drill/report/report-types.ts'
import {expectDone} from './ended.ts'
import {fleetFile} from './fleet-file.ts'
import {fleetOfLab} from './lab.ts'
import {patiently, pp, type Ended, type PpOptions} from './pp.ts'

/** What every drill of a test begins with; the rest is its own. */
const head = `apiVersion: pp/v1
title: A drill of a test
why: Something has to be proved.
owner: nobody
environments: [lab]
targets: {database: main, hosts: ['{primary}', '{standby}', '{pooler}'], maxHosts: 3}
`

/** The lab's fleet with a drill `story` of its own. @returns what pp has to be started with. */
export async function withStory(rest: string): Promise<Pick<PpOptions, 'env'>> {
  const file = await fleetFile((yaml) => yaml)
  const folder = join(dirname(file), 'playbooks/drills')
  await mkdir(folder, {recursive: true})
  await writeFile(join(folder, 'story.yaml'), head + rest)
  return {env: {PP_FLEET: file}}
}

/** A busy machine may keep something from answering in time; the drill itself then rightly refuses. */
export const untilReady = async (drill: string, options: PpOptions = {}): Promise<void> =>
  expectDone(await patiently(() => pp(['drill', 'check', drill, '--json'], options)))

export const drillReport = ({stdout}: Ended): DrillReport => JSON.parse(stdout) as DrillReport

/** One file of the evidence of a run. */
export const evidenceOf = (run: string, file: string): Promise<string> =>
  readFile(join(fleetOfLab().stateFolder, 'drills', run, file), 'utf8')
