// Scenario: the outside prober measures a change of primary from client1 while whoever started it is killed with his SSH
// session. Proves that it lives on, is found again, measures what the clients' own log says and loses no row; and that the real
// systemd keeps it in its bounds, with the password nowhere.
// Incident behind it: a drill whose outage was measured by the script that caused it. The script hung for the first minute of the
// outage, and the report said that there had been none.
import {afterEach, expect, test} from '@jest/globals'
import {randomBytes} from 'node:crypto'
import {setTimeout as sleep} from 'node:timers/promises'

import {attachProber, startProber, type Prober, type Seen} from '../../src/lib/drivers/prober/prober.ts'
import type {ProberConfig} from '../../src/lib/drivers/prober/types.ts'
import {openHost} from '../../src/lib/drivers/ssh/open-host.ts'
import type {HostConnection} from '../../src/lib/drivers/ssh/types.ts'
import {gapOf, lostOf} from '../../src/lib/drill/report/markers.ts'
import {findHost} from '../../src/lib/fleet/lookup.ts'
import {labPlace} from '../../src/lib/lab/load-place.ts'
import {expectDone} from '../in-lab/ended.ts'
import {fleetOfLab, lab, onHost, sqlOn, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {change} from '../in-lab/pp.ts'

useLab()

const connections: HostConnection[] = []
afterEach(() => {
  for (const connection of connections.splice(0)) connection.close()
})

const helperOfClient = async () => {
  const fleet = fleetOfLab()
  const connection = await openHost(findHost(fleet, 'client1'), fleet.ssh, {connectSeconds: 10})
  connections.push(connection)
  return connection.openHelper({timeoutSeconds: 20})
}

const config = async (): Promise<ProberConfig> => {
  const {login} = await labPlace(lab)
  return {
    run: `T${randomBytes(4).toString('hex')}`,
    poolers: ['edge1', 'edge2'].map((host) => ({host, port: 6432})),
    login,
    paceSeconds: 0.1,
    timeoutSeconds: 1.5,
    lifeSeconds: 600,
    probes: [
      {name: 'sql', type: 'sql', query: 'select 1', tolerance: {min: 1}, paceSeconds: 0.5, timeoutSeconds: 2},
    ],
  }
}

async function until(prober: Prober, holds: (seen: Seen) => boolean): Promise<Seen> {
  for (const deadline = Date.now() + 60_000; ;) {
    const seen = await prober.read()
    if (holds(seen)) return seen
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(seen.markers.slice(-20))}`)
    await sleep(200)
  }
}
const answered = (rows: number) => (seen: Seen) =>
  seen.markers.filter(({fate}) => fate === 'acknowledged').length >= rows

test('lives on without whoever started it, and measures what the clients themselves see', async () => {
  const order = await config()
  const first = await startProber(await helperOfClient(), order)
  await until(first, answered(5))
  await onHost('client1', 'pkill', '-KILL', '-x', 'pp-host')
  await onHost('client1', 'pkill', '-KILL', '-u', 'pp')
  await expect(first.read()).rejects.toMatchObject({code: 'HELPER_GONE'})

  const load = await startClients()
  const fromMs = load.mark()
  expectDone(await change())
  const toMs = load.mark()
  const {longestGapMs} = await load.figures({fromMs, toMs})

  const prober = await attachProber(await helperOfClient(), order.run)
  const now = prober.now()
  expect(now.seconds).toBeLessThanOrEqual(load.mark() / 1000)
  expect(now.seconds + now.uncertaintySeconds + 0.1).toBeGreaterThanOrEqual(toMs / 1000)
  const {markers, looks} = await until(prober, answered(20))
  await prober.stop()
  const verdict = await load.stop()
  expect(verdict).toMatchObject({lost: 0, duplicated: 0})

  const gap = gapOf(markers, fromMs / 1000, toMs / 1000)
  if (gap === undefined) throw new Error('nothing was acknowledged')
  // A busy machine keeps no pace; what its steps really were is in the record.
  const starts = markers.map(({startedAt}) => startedAt).filter((at) => at > gap.from - 2 && at < gap.to + 2)
  const step = Math.max(order.paceSeconds, ...starts.slice(1).map((at, index) => at - (starts[index] ?? at)))
  expect(gap.seconds).toBeGreaterThan(longestGapMs / 1000 - step)
  expect(gap.seconds).toBeLessThan(longestGapMs / 1000 + 2 * step)

  const rows = await sqlOn(
    'db2',
    `select n from pp.probe where writer = 'drill-${order.run}'`,
    order.login.database,
  )
  const present = rows
    .trim()
    .split('\n')
    .map((n) => ({writer: '', first: Number(n), last: Number(n), extra: 0}))
  expect(lostOf(markers, present).lost).toEqual([])
  expect(looks.some(({state}) => state === 'good')).toBe(true)
  await prober.clear()
  expect(await onHost('client1', 'ls', '/var/lib/pp-probe')).not.toContain(order.run)
})

test('runs without rights, and the password is in no argument, environment, file, property or journal', async () => {
  const order = await config()
  const prober = await startProber(await helperOfClient(), order)
  await until(prober, answered(5))
  const unit = `pp-probe-${order.run}.service`
  const shown = await onHost('client1', 'systemctl', 'show', unit)
  expect(shown).toMatch(/^User=pp-probe$/m)
  expect(shown).toMatch(/^NoNewPrivileges=yes$/m)
  const pid = /^MainPID=(\d+)$/m.exec(shown)?.[1] ?? ''
  const status = await onHost('client1', 'cat', `/proc/${pid}/status`)
  expect(status).toMatch(/^CapEff:\s+0+$/m)
  expect(status).toMatch(/^Seccomp:\s+2$/m)

  const {password} = order.login
  const journal = await onHost('client1', 'journalctl', '--no-pager', '-o', 'export')
  const cmdline = await onHost('client1', 'sh', '-c', 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ')
  for (const text of [shown, journal, cmdline]) expect(text).not.toContain(password)
  const files = ['/var/lib/pp-probe', '/run', '/etc', '/tmp', '/var/log', '/var/lib/pp', '/var/lib/systemd']
  const found = await onHost(
    'client1',
    'sh',
    '-c',
    'grep -rls --devices=skip -- "$0" "$@" || true',
    password,
    ...files,
  )
  expect(found).toBe('')
  const kept = 'find /run -name "*.pipe" -o -name "*prober*.json"'
  expect(await onHost('client1', 'sh', '-c', kept)).toBe('')

  await prober.stop()
  await prober.stop()
  expect(await prober.read()).toMatchObject({isRunning: false, ended: 'stopped'})
  expect(await onHost('client1', 'systemctl', 'list-units', '--all', '--plain', '--no-legend', unit)).toBe('')
})
