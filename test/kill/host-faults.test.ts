// Scenario: what a drill breaks on a host through its helper, beside what the lab breaks from outside: the same is seen by
// those who would meet it, and gone when it is lifted, by request, by its timer, or by a boot.
// Incident behind it: a rehearsal that could not be taken back, since the machine that ran it was cut off by it.
import {afterEach, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Helper} from '../../src/lib/drivers/helper/types.ts'
import {HostPower} from '../../src/lib/drivers/power/power.ts'
import {lookAtSsh} from '../../src/lib/drivers/ssh/look.ts'
import {openHost} from '../../src/lib/drivers/ssh/open-host.ts'
import type {HostConnection} from '../../src/lib/drivers/ssh/types.ts'
import {powerSwitchFault} from '../../src/lib/fault/by-power-switch.ts'
import {hostFault, type HostFaultRecord} from '../../src/lib/fault/on-host.ts'
import type {FaultKind, FaultRecord, HostFaultKind} from '../../src/lib/fault/types.ts'
import {findHost} from '../../src/lib/fleet/lookup.ts'
import {breakHost, mendHosts, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {fleetOfLab, lab, onHost, sqlOn, startAnew, untilStarted, useLab} from '../in-lab/lab.ts'
import {failOver} from '../in-lab/pp.ts'

useLab('once')

const operation = 'drill-of-a-test'
const connections: HostConnection[] = []
let faults = 0

afterEach(() => {
  for (const connection of connections.splice(0)) connection.close()
})

const fleet = await fleetOfLab()
const [database] = fleet.databases
const target = database!.name
const look = (host: string) => () => lookAtSsh(findHost(fleet, host), fleet.ssh, 2)

/** A helper of its own; asked again while a host that was cut off has just come back. */
async function helperOf(host: string): Promise<Helper> {
  for (let attempt = 1; ; attempt++) {
    try {
      const connection = await openHost(findHost(fleet, host), fleet.ssh, {connectSeconds: 5})
      connections.push(connection)
      return await connection.openHelper()
    } catch (error) {
      if (attempt === 10) throw error
      await sleep(500)
    }
  }
}

/** As a drill holds it: the next token of that host, for one fault. */
async function faultOn(host: string, kind: HostFaultKind, changes: Partial<HostFaultRecord> = {}) {
  const helper = await helperOf(host)
  const {highestToken} = await helper.call('lock-read', {target})
  const token = highestToken + 1
  await helper.call('raise', {target, token, operation})
  const id = `journey-${++faults}-${Date.now()}`
  const record = {kind, host, target, id, from: [], expiresSeconds: 120, ...changes}
  const context = {operation, token, lock: target, orderSeconds: 10, look: look(host)}
  return {
    fault: hostFault(helper, record, context),
    /** From another helper, without the lock, as one who comes later. */
    later: async () => hostFault(await helperOf(host), record, {...context, token: undefined}),
  }
}

interface Way {
  readonly break: () => Promise<string>
  readonly mend: () => Promise<string>
}

function byLab(kind: FaultKind, changes: Partial<FaultRecord> = {}): Way {
  const record = {
    kind,
    host: 'db1',
    from: [],
    oneWay: false,
    process: null,
    units: [],
    delayMs: null,
    ...changes,
  }
  return {
    break: async () => (await breakHost(lab, record)).proof.measured,
    mend: async () => (await mendHosts(lab, 'db1')).map(({proof}) => proof.measured).join(),
  }
}

function byHelper(kind: HostFaultKind): Way {
  let made: Awaited<ReturnType<typeof faultOn>>
  return {
    async break() {
      made = await faultOn('db1', kind)
      await made.fault.apply()
      return held(await made.fault.proveInForce())
    },
    async mend() {
      const later = await made.later()
      await later.undo()
      return held(await later.proveGone())
    },
  }
}

function held({holds, measured}: {readonly holds: boolean; readonly measured: string}): string {
  expect({holds, measured}).toMatchObject({holds: true})
  return measured
}

const answersClients = async () =>
  (await onHost('edge1', 'sh', '-c', 'timeout 2 psql -XAtw -d "host=db1 user=nobody dbname=postgres" -c "" 2>&1 || true')).includes('FATAL') // prettier-ignore
const hasRoom = async () =>
  !(await onHost('db1', 'sh', '-c', 'setpriv --reuid=postgres --regid=postgres --clear-groups dd if=/dev/zero of=/var/lib/postgresql/room bs=8192 count=1 conv=fsync 2>&1 || true; rm -f /var/lib/postgresql/room')).includes('No space') // prettier-ignore
async function archives(): Promise<boolean> {
  await sqlOn('db1', 'create table if not exists pp_fault_trial (); drop table pp_fault_trial')
  await sqlOn('db1', 'select pg_switch_wal()')
  const waiting = 'ls /var/lib/postgresql/15/main/pg_wal/archive_status | grep -c ready || true'
  for (let looks = 0; looks < 40; looks++) {
    if (Number(await onHost('db1', 'sh', '-c', waiting)) === 0) return true
    await sleep(100)
  }
  return false
}

/** What somebody on another host, or on this one beside the helper, finds out by himself: whether all is well. */
const stories: {kind: HostFaultKind; ways: Record<string, Way>; isWell: () => Promise<boolean>}[] = [
  {kind: 'freeze', ways: {lab: byLab('freeze'), helper: byHelper('freeze')}, isWell: answersClients},
  {kind: 'disk-full', ways: {lab: byLab('disk-full'), helper: byHelper('disk-full')}, isWell: hasRoom},
  {
    kind: 'hang-archiver',
    ways: {lab: byLab('hang-archiver'), helper: byHelper('hang-archiver')},
    isWell: archives,
  },
  {
    kind: 'kill',
    ways: {lab: byLab('kill', {process: 'postgres'}), helper: byHelper('kill')},
    isWell: answersClients,
  },
]

test.each(stories)('$kind is the same from outside and through the helper', async ({ways, isWell}) => {
  for (const way of Object.values(ways)) {
    expect(await isWell()).toBe(true)
    await way.break()
    expect(await isWell()).toBe(false)
    await way.mend()
    await untilStarted('db1')
    expect(await isWell()).toBe(true)
  }
  expect(await checked()).toMatchObject(sound)
})

test('a host that is cut off from everybody comes back by itself, and says what it had dropped', async () => {
  const {fault, later} = await faultOn('db1', 'cut', {expiresSeconds: 15})
  await fault.apply()
  expect(held(await fault.proveInForce())).toContain('silent')
  expect(await answersClients()).toBe(false)
  for (let looks = 0; looks < 60 && (await look('db1')()).answer !== 'answers'; looks++) await sleep(500)
  expect(held(await (await later()).proveGone())).toBe('no rule left')
  const {lifted} = await (await helperOf('db1')).call('faults', {target})
  expect(lifted[0]).toMatchObject({
    by: 'its timer',
    inForce: expect.stringMatching(/packets dropped, none gets out/),
  })
  expect(await checked()).toMatchObject(sound)
})

test('a cut from some is proved by the host itself, and leaves the others alone', async () => {
  const {fault, later} = await faultOn('db1', 'cut', {from: [findHost(fleet, 'edge1').address]})
  await fault.apply()
  expect(held(await fault.proveInForce())).toMatch(/none gets out to/)
  expect(await answersClients()).toBe(false)
  expect((await look('db1')()).answer).toBe('answers')
  await (await later()).undo()
  expect(await answersClients()).toBe(true)
})

test('a full disk and a hanging archiver do not outlive a boot: the server starts', async () => {
  for (const kind of ['disk-full', 'hang-archiver'] as const) {
    const {fault, later} = await faultOn('db3', kind)
    await fault.apply()
    held(await fault.proveInForce())
    await powerOff(lab, 'db3')
    await powerOn(lab, 'db3')
    await untilStarted('db3')
    const {lifted} = await (await helperOf('db3')).call('faults', {target})
    expect(lifted[0]).toMatchObject({kind, by: 'the boot of the host'})
    held(await (await later()).proveGone())
  }
  expect(await checked()).toMatchObject(sound)
})

test('power is taken away and given back by the fleet’s own switch', async () => {
  const power = new HostPower(fleet.power!, findHost(fleet, 'db3'), fleet.lab)
  const fault = powerSwitchFault(
    power,
    {kind: 'power-off', host: 'db3'},
    {look: look('db3'), bootSeconds: 60},
  )
  await fault.apply()
  held(await fault.proveInForce())
  await fault.undo()
  held(await fault.proveGone())
  await untilStarted('db3')
  expect(await checked()).toMatchObject(sound)
})

const isReadOnly = async (host: string) => (await sqlOn(host, 'select pg_is_in_recovery()')).trim() === 't'

test('a primary that was replaced while a fault held it down is never lifted to a second one: its gate decides', async () => {
  const {fault, later} = await faultOn('db1', 'stop')
  await fault.apply()
  held(await fault.proveInForce())
  // By hand, so nobody has fenced db1 or holds it down.
  await sqlOn('db2', 'select pg_promote()')
  await (await later()).undo()
  held(await (await later()).proveGone())
  expect([await isReadOnly('db1'), await isReadOnly('db2')]).toEqual([true, false])
})

test('a primary that pp has replaced and fenced since is left down, whether it was killed or frozen', async () => {
  for (const kind of ['kill', 'freeze'] as const) {
    await startAnew()
    const {fault, later} = await faultOn('db1', kind)
    await fault.apply()
    held(await fault.proveInForce())
    expect(await failOver()).toMatchObject({exitCode: 0})
    await (await later()).undo()
    held(await (await later()).proveGone())
    const members = (await settledDatabase()).members.filter(({writable}) => writable)
    expect(members).toHaveLength(1)
    expect(members[0]?.host).not.toBe('db1')
    expect(await onHost('db1', 'sh', '-c', 'pgrep -x postgres || true')).toBe('')
  }
})
