// Scenario: people save, order pictures and log in through the gateway while the primary of their database is moved, planned
// first, then after its host has lost its power. No save that was acknowledged is lost, none fails in the planned change, and
// every picture is drawn once: exit 0 both times.
// Incident behind it: a switchover without a failed transaction, after which two exports were missing and one had come twice.
import {afterEach, beforeEach, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {powerOff} from '../../src/lib/lab/index.ts'
import {api, loggedIn} from '../../services/test/api.ts'
import {startServices, type Running} from '../../services/test/running.ts'
import {until} from '../../services/test/until.ts'
import {lostSaves, savedScenes, work} from '../../services/test/work.ts'
import {expectDone} from '../in-lab/ended.ts'
import {lab, sqlOn, useLab} from '../in-lab/lab.ts'
import {pp} from '../in-lab/pp.ts'

useLab()

let services: Running
beforeEach(async () => {
  services = await startServices(lab)
}, 120_000)
afterEach(() => services.remove(), 60_000)

test.each([
  {how: 'planned', primary: 'db2', lose: () => Promise.resolve()},
  {how: 'unplanned', primary: 'db2', lose: () => powerOff(lab, 'db1')},
])('nothing that was acknowledged is lost in a change of primary, $how', async ({how, primary, lose}) => {
  const token = await loggedIn()
  const {id} = await api('POST', '/designs', {title: 'Poster'}, token)
  let isOver = false
  const working = work({api, loggedIn}, {token, design: id as string}, () => isOver)
  await sleep(3000)
  await lose()
  expectDone(await pp(['failover', 'db', '--from', 'db1', '--to', primary, '--yes', '--json']))
  await sleep(3000)
  isOver = true
  const worked = await working
  const {saved, ordered, failed} = worked
  if (how === 'planned') expect(failed).toEqual([])
  expect(saved.length).toBeGreaterThan(30)
  expect(ordered.length).toBeGreaterThan(5)

  expect(lostSaves(worked, await sqlOn(primary, savedScenes(id as string), 'pixelpulse'))).toEqual([])
  await until(
    'every picture',
    async () => {
      const open = await sqlOn(
        primary,
        "select count(*) from render.renders where state in ('queued', 'active')",
        'pixelpulse',
      )
      return open === '0'
    },
    60,
  )
  const done = await sqlOn(
    primary,
    `select count(*), count(distinct id) from render.renders where state = 'done' and id = any ('{${ordered.join(',')}}')`,
    'pixelpulse',
  )
  expect(done).toBe(`${ordered.length}|${ordered.length}`)
  // Somebody can still come in.
  await loggedIn()
})
