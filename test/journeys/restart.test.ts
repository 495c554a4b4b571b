// Scenario: the primary's process is killed on a healthy host. The plan says what a restart in place and a failover would take;
// the operator chooses the restart: the standbys are all there and none was promoted, so it starts as the primary that it was:
// exit 0, same timeline, nothing lost. With a silent standby, or after three starts in ten minutes, it is refused: exit 3.
// Incident behind it: an OOM kill with 2 MB to replay that cost a failover, and a crash loop that was restarted eleven times.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {freeze, mend} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, databaseNow, sound} from '../in-lab/fleet-state.ts'
import {lab, onHost, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer} from '../in-lab/member.ts'
import {pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

const restart = () => pp(['failover', 'db', '--from', 'db1', '--restart', '--yes', '--json'])

test('a dead primary that is started where it is serves again on its timeline: exit 0, nothing lost', async () => {
  const load = await startClients()
  await killServer('db1')
  const {stdout} = await pp(['failover', 'db', '--from', 'db1', '--plan'])
  expect(stdout).toMatch(/restart about \d+\.\d s .*failover about \d+\.\d s/)
  const ended = await restart()
  await sleep(500)
  const verdict = await load.stop()
  expectDone(ended)
  expect(reportOf(ended)).toMatchObject({to: 'db1', timeline: {before: 1, after: 1}})
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
  expect(await checked()).toMatchObject(sound)
  expect(JSON.parse((await restart()).stdout)).toMatchObject({outcome: 'done', already: true})
})

test('it is refused while a standby is silent, and in a crash loop: exit 3, nothing is started', async () => {
  await freeze(lab, 'db3')
  await killServer('db1')
  expect(failureOf(await restart())).toMatchObject({exitCode: 3, error: {code: 'RESTART_UNSAFE'}})
  await mend(lab, 'db3')
  for (let start = 1; start <= 2; start++) {
    await onHost('db1', 'systemctl', 'start', 'postgresql@15-main.service')
    await killServer('db1')
  }
  const {error} = failureOf(await restart())
  expect(error.code).toBe('RESTART_REFUSED')
  expect(error.message).toMatch(/db1 was started \d times in the last ten minutes/)
  expect((await databaseNow()).members.filter(({writable}) => writable === true)).toEqual([])
})
