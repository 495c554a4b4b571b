// Scenario: a drill that cannot put right what it has broken, and one whose cut keeps pp from the host as well. Exit 13 before all others,
// with what to type; 0 once the host has lifted the cut by itself. Proves that nothing is called put right before that is seen.
// Incident behind it: a drill that ended green while a host was still cut off; the next real failure found one standby too few.
import {expect, test} from '@jest/globals'

import {drillReport, evidenceOf, untilReady, withStory} from '../in-lab/drills.ts'
import {checked, sound} from '../in-lab/fleet-state.ts'
import {onHost, useLab} from '../in-lab/lab.ts'
import {pp, startPp} from '../in-lab/pp.ts'

useLab()

const steady = `steadyState:
  - {name: clients-write, probe: {marker: {}}, when: [before, after]}
  - {name: standbys-stream, probe: {replication: {standbys: 2}}, when: [before, until-recovered, after]}
`

test('an undo that keeps failing ends with 13 and what to type; once its obstacle is gone, undo finishes: exit 12', async () => {
  const story = await withStory(`${steady}
method:
  - {fault: hang-archiver, host: '{primary}', expires: 10m}
  - wait: 1s
objectives: {rpo: 0}
`)
  await untilReady('story', story)
  const drill = startPp(['drill', 'story', '--yes', '--json'], {...story, failpoint: 'stop after fault'})
  await drill.stopped()
  // Whoever should put the program back cannot.
  const program = '/usr/local/lib/pp/archive-wal.pp-held'
  await onHost('db1', 'mv', program, `${program}.away`)
  drill.kill('SIGCONT')
  const ended = await drill.ended
  expect(ended).toMatchObject({exitCode: 13})
  const report = drillReport(ended)
  expect(report.outcome).toBe('human')
  expect(report.manual.join('\n')).toMatch(/pp drill undo|archive-wal/)
  expect(await evidenceOf(report.id, 'report.html')).toContain(report.manual[0] ?? 'nothing to type')
  const again = await pp(['drill', 'undo', '--yes', '--json'], story)
  expect(again).toMatchObject({exitCode: 13})

  await onHost('db1', 'mv', `${program}.away`, program)
  const undone = await pp(['drill', 'undo', '--yes', '--json'], story)
  expect(undone).toMatchObject({exitCode: 12})
  expect(drillReport(undone).faults).toMatchObject([{kind: 'hang-archiver', gone: expect.any(String)}])
  expect(await checked()).toMatchObject(sound)
})

test('a cut from everybody keeps pp out too: it waits until the host lifts it by itself, and proves it: exit 0', async () => {
  const story = await withStory(`${steady}
method:
  - {fault: cut, host: '{standby}', expires: 20s}
  - wait: 2s
  - {lift: cut}
objectives: {rpo: 0}
`)
  await untilReady('story', story)
  const ended = await pp(['drill', 'story', '--yes', '--json'], story)
  expect(ended).toMatchObject({exitCode: 0})
  const report = drillReport(ended)
  const fault = report.faults[0]
  expect((fault?.liftedAt ?? 0) - (fault?.injectedAt ?? 0)).toBeGreaterThan(17)
  expect(report.faults).toMatchObject([{kind: 'cut', gone: expect.any(String)}])
  expect(await checked()).toMatchObject(sound)
})
