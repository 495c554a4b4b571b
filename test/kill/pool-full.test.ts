// Scenario: every server connection of every pooler is in use when the primary's host freezes, and clients wait behind them. Those
// connections are closed, not waited for: a few seconds after the failover clients commit as much as before, 90 % at least.
// Incident behind it: a failover that was done after 8 s, and poolers whose pools were full of dead connections for 15 minutes.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {freeze} from '../../src/lib/lab/index.ts'
import {ordinaryLoad, startLoad} from '../../src/lib/lab/load.ts'
import {labPlace} from '../../src/lib/lab/load-place.ts'
import {lab, useLab} from '../in-lab/lab.ts'
import {failOver} from '../in-lab/pp.ts'

useLab()

test('throughput is back after a host froze under full pools: at least 90 %', async () => {
  const load = await startLoad(await labPlace(lab), {...ordinaryLoad, clients: 60, paceMs: 200})
  const acknowledgedIn = async (ms: number): Promise<number> => {
    const fromMs = load.mark()
    await sleep(ms)
    return (await load.figures({fromMs, toMs: load.mark()})).acknowledged
  }
  await sleep(1000)
  const before = await acknowledgedIn(4000)
  await freeze(lab, 'db1')
  const ended = await failOver()
  await sleep(3000)
  const after = await acknowledgedIn(4000)
  const verdict = await load.stop()
  expect(ended.exitCode).toBe(0)
  expect(verdict).toMatchObject({lost: 0, duplicated: 0})
  expect(after).toBeGreaterThanOrEqual(0.9 * before)
})
