// Scenario: what a drill watches goes bad in the middle of it, for a moment and for good; its end comes by a signal; cron runs it without
// a terminal. Exits 0, 12, 143. Proves that a blip stops nothing, that a breach stops all and puts it right, and that a report is left
// in any case.
// Incident behind it: a drill that went on breaking hosts while the shop was down, since nobody was watching.
import {afterEach, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {homedir, tmpdir} from 'node:os'
import {join} from 'node:path'

import {packageRoot} from '../../src/lib/package-root.ts'
import {drillReport, evidenceOf, untilReady, withStory} from '../in-lab/drills.ts'
import {checked, sound} from '../in-lab/fleet-state.ts'
import {fleetOfLab, lab, useLab} from '../in-lab/lab.ts'
import {pp, startPp} from '../in-lab/pp.ts'

useLab()

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, {recursive: true})
})

/** The primary stands still for a while; whoever writes must not be kept from it for 5 s. */
const frozenFor = (seconds: number) => `
guards: {stop: [{probe: writes-go-on, for: 5s}]}
steadyState:
  - {name: clients-write, probe: {marker: {}}, when: [before, after]}
  - {name: writes-go-on, probe: {marker: {}}, when: [during], pace: 500ms, timeout: 1s, allowedMisses: 100}
method:
  - {fault: freeze, host: '{primary}', expires: 2m}
  - wait: ${seconds}s
  - {lift: freeze}
  - {wait: clients-write, timeout: 20s}
`

test('a probe that is bad for a moment stops nothing: exit 0', async () => {
  const story = await withStory(frozenFor(2))
  await untilReady('story', story)
  const ended = await pp(['drill', 'story', '--yes', '--json'], story)
  expect(ended).toMatchObject({exitCode: 0})
  const {probes, faults} = drillReport(ended)
  expect(probes.find(({name}) => name === 'writes-go-on')?.misses).toBeGreaterThan(0)
  expect(faults).toMatchObject([{kind: 'freeze', gone: expect.any(String)}])
})

test('one that stays bad stops the drill, which puts right what it has broken and reports: exit 12', async () => {
  const story = await withStory(frozenFor(90))
  await untilReady('story', story)
  const ended = await pp(['drill', 'story', '--yes', '--json'], story)
  expect(ended).toMatchObject({exitCode: 12})
  const report = drillReport(ended)
  expect(report.reasons.join()).toMatch(/writes-go-on was bad for \d+\.\d s \(limit 5 s\)/)
  const fault = report.faults[0]
  expect((fault?.liftedAt ?? Infinity) - (fault?.injectedAt ?? 0)).toBeLessThan(30)
  expect(await evidenceOf(report.id, 'report.html')).toContain('writes-go-on was bad for')
  expect(await checked()).toMatchObject(sound)
})

test('SIGTERM in the middle puts everything right, and the report is there: exit 143', async () => {
  const story = await withStory(frozenFor(60).replace('for: 5s', 'for: 2m'))
  await untilReady('story', story)
  const drill = startPp(['drill', 'story', '--yes', '--json'], {...story, failpoint: 'stop after fault'})
  await drill.stopped()
  drill.kill('SIGCONT')
  drill.kill('SIGTERM')
  const ended = await drill.ended
  expect(ended).toMatchObject({exitCode: 143})
  const report = drillReport(ended)
  expect(report.faults).toMatchObject([{kind: 'freeze', gone: expect.any(String)}])
  expect(await evidenceOf(report.id, 'report.md')).toContain(report.id)
  expect(await checked()).toMatchObject(sound)
})

test('cron has no terminal, no input and few variables: a line an act, a heartbeat, evidence, exit 0', async () => {
  await untilReady('switchover')
  const folder = await mkdtemp(join(tmpdir(), 'pp-'))
  folders.push(folder)
  const output = join(folder, 'mail')
  const {exitCode} = await execa(
    '/bin/sh',
    ['-c', `"$0" drill switchover --yes >"$1" 2>&1`, join(packageRoot, 'bin/pp'), output],
    {
      reject: false,
      stdin: 'ignore',
      cwd: homedir(),
      extendEnv: false,
      env: {
        HOME: homedir(),
        LOGNAME: 'root',
        PATH: '/usr/bin:/bin',
        SHELL: '/bin/sh',
        PP_LAB: lab,
        PP_FLEET: fleetOfLab().file,
      },
    },
  )
  const mail = await readFile(output, 'utf8')
  expect({exitCode, mail}).toMatchObject({exitCode: 0})
  expect(mail).not.toContain('\u001b')
  const acts = mail.split('\n').filter((line) => /^\d\d:\d\d:\d\d {2}✔ /.test(line))
  expect(acts.length).toBeGreaterThanOrEqual(4)
  const [, run = ''] = /pp drill verify (\S+)/.exec(mail) ?? []
  expect(JSON.parse(await evidenceOf(run, 'report.json'))).toMatchObject({outcome: 'done', exitCode: 0})
  expect((await pp(['drill', 'verify', run, '--json'])).exitCode).toBe(0)
})
