// Scenario: every drill that comes with pp, but for dr, which test/journeys/drill.test.ts plays. Exit 0. Proves that what PixelPulse would
// schedule can be run, meets its objectives on a healthy fleet, and leaves it as it was.
// Incident behind it: a scheduled drill that nobody had ever run by hand; it had a typo in the name of a host.
import {expect, test} from '@jest/globals'

import {drillReport, untilReady} from '../in-lab/drills.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, sound} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {pp} from '../in-lab/pp.ts'

useLab()

test.each(['switchover', 'pooler-loss', 'disk-full'])(
  '%s',
  async (name) => {
    await untilReady(name)
    const ended = await pp(['drill', name, '--yes', '--json'])
    expectDone(ended)
    expect(drillReport(ended)).toMatchObject({outcome: 'done', reasons: []})
    expect(await checked()).toMatchObject(sound)
  },
  4 * 60_000,
)

test('restore, of the newest of two backups and of the older one; no row of the live database changes', async () => {
  const early = await pp(['drill', 'check', 'restore', '--json'])
  expect(early).toMatchObject({exitCode: 3, stdout: expect.stringContaining('edge1 has 0 backups')})
  for (let n = 0; n < 2; n++) expectDone(await pp(['db', 'backup', '--json']))
  await untilReady('restore')
  const ended = await pp(['drill', 'restore', '--yes', '--json'])
  expectDone(ended)
  const {acts, outcome} = drillReport(ended)
  expect(outcome).toBe('done')
  const restores = acts.filter(({kind}) => kind === 'operation')
  expect(restores.map(({name, status}) => ({name, status}))).toEqual([
    {name: 'restore-newest', status: 'done'},
    {name: 'restore-older', status: 'done'},
  ])
  const [newest, older] = restores.map(({says}) => /\d{8}-\d{6}F\S*/.exec(says)?.[0])
  expect(newest).toBeDefined()
  expect(older).not.toBe(newest)
  expect(await checked()).toMatchObject(sound)
})
