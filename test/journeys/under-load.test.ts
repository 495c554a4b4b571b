// Scenario: the primary is to be changed on a working day, while clients write. Exit 0; no client sees a failed
// statement, no acknowledged row is missing or there twice, and what pp says it proved is what the table shows.
// Incident behind it: a change by hand on a quiet evening that failed 400 check-outs, because the poolers were
// re-pointed before the standby had been promoted.
import {expect, test} from '@jest/globals'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import * as z from 'zod'

import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {change, pp} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

const tracer = new URL('../in-lab/traced.mjs', import.meta.url).href
const event = z.object({at: z.number(), name: z.string()})
const journal = z.object({
  records: z.array(
    z.object({at: z.string(), type: z.string(), data: z.looseObject({kind: z.optional(z.string())})}),
  ),
})

/** What pp has opened and started in all, and while writes were stopped: after the pause was asked for, until the poolers lead on. */
async function traced(file: string, id: string) {
  const events = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => event.parse(JSON.parse(line)))
  const {records} = journal.parse(JSON.parse((await pp(['op', 'show', id, '--json'])).stdout))
  const timeOf = (type: string, kind: string) =>
    Date.parse(records.find((record) => record.type === type && record.data.kind === kind)?.at ?? '')
  const [from, to] = [timeOf('step-intent', 'pause'), timeOf('step-done', 'route')]
  expect(to - from).toBeGreaterThan(0)
  return {opened: events.length, inGap: events.filter(({at}) => at > from && at < to)}
}

test('changes the primary under load: exit 0, no statement fails, no row is lost', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pp-'))
  const trace = join(folder, 'trace')
  const load = await startClients()
  const ended = await change({env: {NODE_OPTIONS: `--import=${tracer}`, PP_TRACED: trace}})
  const verdict = await load.stop()

  expect(ended.exitCode).toBe(0)
  expect(reportOf(ended)).toMatchObject({
    exitCode: 0,
    outcome: 'done',
    timeline: {before: 1, after: 2},
    loss: {proven: true, bytes: 0},
    probe: {failed: 0},
    findings: [],
  })
  expect(verdict).toMatchObject({failed: 0, unknown: 0, lost: 0, duplicated: 0, writable: ['db2']})
  expect(await checked()).toMatchObject(sound)
  const {opened, inGap} = await traced(trace, reportOf(ended).operation.id)
  expect(opened).toBeGreaterThan(5)
  expect(inGap).toEqual([])
  await rm(folder, {recursive: true})
  expect((await settledDatabase()).members).toEqual([
    {host: 'db1', role: 'standby', writable: false, upstream: 'db2'},
    {host: 'db2', role: 'primary', writable: true, upstream: null},
    {host: 'db3', role: 'standby', writable: false, upstream: 'db2'},
  ])
})
