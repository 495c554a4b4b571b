// Scenario: the drill that PixelPulse schedules takes the power from the primary's host while clients write. Exit 0. Proves that
// the objective is measured as an independent client measures it, that everything is whole again afterwards, and that the
// evidence holds no secret and tells when one byte of it was changed. What goes wrong in a drill is in test/kill/drill.test.ts.
// Incident behind it: a report of a drill that said 12 s, when the shop had been closed for two minutes.
import {expect, test} from '@jest/globals'
import {readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import type {DrillReport} from '../../src/lib/drill/report/report-types.ts'
import {labPaths} from '../../src/lib/lab/paths.ts'
import {untilReady} from '../in-lab/drills.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {fleetOfLab, lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {pp} from '../in-lab/pp.ts'

useLab()

/** Between two rows of the marker writer, and what a busy machine adds to each end of a gap. */
const stepSeconds = 0.1 + 0.4

test('the primary’s host is lost under load: exit 0, measured as clients measure it, whole again', async () => {
  await untilReady('dr')
  const load = await startClients()
  const ended = await pp(['drill', 'dr', '--yes', '--json'])
  const verdict = await load.stop()

  expectDone(ended)
  const report = JSON.parse(ended.stdout) as DrillReport
  expect(report).toMatchObject({
    outcome: 'done',
    rpo: {lost: []},
    faults: [{kind: 'power-off', host: 'db1', gone: expect.stringContaining('says on') as unknown}],
    objectives: [
      {id: 'rto', status: 'met'},
      {id: 'rpo', measured: 0, status: 'met'},
    ],
  })
  expect(verdict.lost).toBe(0)
  const {rto} = report
  expect(Math.abs((rto?.seconds ?? 0) - verdict.longestGapMs / 1000)).toBeLessThanOrEqual(stepSeconds)
  const {detect = 0, decide = 0, act = 0, reconnect = 0} = rto?.split ?? {}
  expect(detect + decide + act + reconnect).toBeCloseTo(rto?.seconds ?? 0, 2)
  expect(await checked()).toMatchObject(sound)
  expect((await settledDatabase()).members.map(({role}) => role).sort()).toEqual([
    'primary',
    'standby',
    'standby',
  ])

  await expectEvidence(report.id)
})

/** Every file is there, holds no secret, and is told from one of which a byte was changed. */
async function expectEvidence(run: string): Promise<void> {
  const folder = join(fleetOfLab().stateFolder, 'drills', run)
  const files = (await readdir(folder)).sort()
  expect(files).toEqual([
    'journal.head',
    'journal.ndjson',
    'junit.xml',
    'looks.ndjson',
    'markers.ndjson',
    'probes.ndjson',
    'report.html',
    'report.json',
    'report.md',
  ])
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  const secrets = await secretsOfLab()
  expect(secrets.length).toBeGreaterThan(3)
  expect(secrets.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([])

  expectDone(await pp(['drill', 'verify', 'latest', '--json']))
  for (const file of files) {
    const whole = await readFile(join(folder, file))
    const changed = Buffer.from(whole)
    changed[Math.floor(changed.length / 2)]! ^= 1
    await writeFile(join(folder, file), changed)
    const verified = await pp(['drill', 'verify', run, '--json'])
    await writeFile(join(folder, file), whole)
    if (whole.length === 0) continue
    expect(verified.exitCode).toBe(13)
    expect(JSON.parse(verified.stdout)).toMatchObject({file})
  }
}

async function secretsOfLab(): Promise<readonly string[]> {
  const {secrets} = labPaths(lab)
  const files = (await readdir(secrets)).filter((file) => file.startsWith('pp_') && !file.includes('key'))
  return Promise.all(files.map(async (file) => (await readFile(join(secrets, file), 'utf8')).trim()))
}
