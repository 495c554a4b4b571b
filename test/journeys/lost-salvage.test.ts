// Scenario: commits wait for nobody, the primary's link to its standbys is down for a while, and then its server dies. The
// last rows are on its disk alone, and its host answers: pp fetches them before it promotes, so nothing is lost. Exit 0.
// Incident behind it: a failover that threw away four minutes of orders, and the disk that had them three metres away.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {asynchronous, lab, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('rows that only the dead primary has are fetched from its disk: exit 0, nothing lost', async () => {
  await asynchronous()
  const load = await startClients()
  await cut(lab, 'db1', ['db2', 'db3'])
  await sleep(1500)
  await killServer('db1')
  const ended = await failOver()
  await sleep(500)
  const verdict = await load.stop()

  expectDone(ended)
  const {to, loss, lost} = reportOf(ended)
  expect(loss).toMatchObject({proven: true, bytes: 0})
  expect(lost?.salvaged).not.toHaveProperty('problem')
  expect(lost?.salvaged?.bytes).toBeGreaterThan(0)
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [to]})
})
