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
import {expectDone} from '../in-lab/ended.ts'
import {lab, sqlOn, useLab} from '../in-lab/lab.ts'
import {pp} from '../in-lab/pp.ts'

useLab()

let services: Running
beforeEach(async () => {
  services = await startServices(lab)
}, 120_000)
afterEach(() => services.remove(), 60_000)

interface Work {
  readonly saved: {readonly version: number; readonly mark: string}[]
  readonly ordered: string[]
  readonly failed: string[]
}

/** Somebody who saves ten times a second, and somebody who orders two pictures a second, until `isOver`. */
async function work(token: string, design: string, isOver: () => boolean): Promise<Work> {
  const done: Work = {saved: [], ordered: [], failed: []}
  const tried = async (what: () => Promise<void>) =>
    what().catch((error: unknown) => void done.failed.push(String(error)))
  let version = 1
  const save = async () => {
    const mark = crypto.randomUUID()
    const layer = {id: mark, kind: 'rectangle', x: 0, y: 0, width: 9, height: 9, fill: '#ff0000'}
    const scene = {width: 60, height: 40, layers: [layer]}
    const body = {scene, baseVersion: version}
    version = (await api('PUT', `/designs/${design}/scene`, body, token, mark)).version as number
    done.saved.push({version, mark})
  }
  const order = async () => {
    const body = {designId: design, format: 'png', width: 60}
    done.ordered.push((await api('POST', '/renders', body, token, crypto.randomUUID())).id as string)
  }
  const repeat = async (what: () => Promise<void>, paceMs: number) => {
    while (!isOver()) {
      await tried(what)
      await sleep(paceMs)
    }
  }
  await Promise.all([repeat(save, 100), repeat(order, 500)])
  return done
}

test.each([
  {how: 'planned', primary: 'db2', lose: () => Promise.resolve()},
  {how: 'unplanned', primary: 'db2', lose: () => powerOff(lab, 'db1')},
])('nothing that was acknowledged is lost in a change of primary, $how', async ({how, primary, lose}) => {
  const token = await loggedIn()
  const {id} = await api('POST', '/designs', {title: 'Poster'}, token)
  let isOver = false
  const working = work(token, id as string, () => isOver)
  await sleep(3000)
  await lose()
  expectDone(await pp(['failover', 'db', '--from', 'db1', '--to', primary, '--yes', '--json']))
  await sleep(3000)
  isOver = true
  const {saved, ordered, failed} = await working
  if (how === 'planned') expect(failed).toEqual([])
  expect(saved.length).toBeGreaterThan(30)
  expect(ordered.length).toBeGreaterThan(5)

  const kept = await sqlOn(
    primary,
    `select version, scene #>> '{layers,0,id}' from projects.versions where design_id = '${id}'`,
    'pixelpulse',
  )
  const rows = new Set(kept.split('\n'))
  expect(saved.filter(({version, mark}) => !rows.has(`${version}|${mark}`))).toEqual([])
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
