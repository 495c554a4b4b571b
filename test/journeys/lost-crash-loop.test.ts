// Scenario: the primary's server crashes at every start, and systemd starts it again and again. pp fences it all the same:
// what comes back between two looks is killed, the unit is masked, and a standby takes over. Exit 0, nothing lost.
// Incident behind it: Restart=always, a corrupt catalog, and a fence that was declared complete between two restarts.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {expectDone} from '../in-lab/ended.ts'
import {onHost, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {killServer, replaceProgram, restoreProgram} from '../in-lab/member.ts'
import {failOver} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

const unit = 'postgresql@15-main.service'
const restarting = `mkdir -p /run/systemd/system/${unit}.d
printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nRestart=always\\nRestartSec=100ms\\n' >/run/systemd/system/${unit}.d/50-restart.conf
systemctl daemon-reload`

test('a server in a crash loop is fenced and replaced: exit 0', async () => {
  await onHost('db1', 'sh', '-c', restarting)
  const load = await startClients()
  try {
    await replaceProgram('db1', 'postgres', 'sleep 0.3; exit 1')
    await killServer('db1')
    await sleep(1500)
    const ended = await failOver()
    await sleep(500)
    const verdict = await load.stop()

    expectDone(ended)
    const report = reportOf(ended)
    expect(report).toMatchObject({lost: {fence: {by: 'ssh'}}, loss: {proven: true, bytes: 0}})
    expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: [report.to]})
    const state = await unitState()
    expect(state).toContain('LoadState=masked')
    await sleep(1000)
    expect(await unitState()).toBe(state)
  } finally {
    await restoreProgram('db1', 'postgres')
    await onHost('db1', 'rm', '-r', `/run/systemd/system/${unit}.d`)
    await onHost('db1', 'systemctl', 'daemon-reload')
  }
})

const unitState = () => onHost('db1', 'systemctl', 'show', '-p', 'LoadState', '-p', 'NRestarts', unit)
