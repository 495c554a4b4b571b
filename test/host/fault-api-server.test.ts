// The fault of an API server: a unit that listens stands for it. systemctl is a stand-in.
import {afterEach, beforeEach, expect, jest, test} from '@jest/globals'
import {execFileSync} from 'node:child_process'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {freePort} from '../free-port.ts'
import {act, HostFolder, type HelperProcess} from './helper-process.ts'

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

const unit = `pp-test-${process.pid}-apiserver.service`
let host: HostFolder
let helper: HelperProcess
let port: number

beforeEach(async () => {
  host = new HostFolder()
  port = await freePort()
  const listening = `require('node:net').createServer().listen(${port}, '127.0.0.1')`
  host.unit(unit, {command: [process.execPath, '-e', listening]})
  host.configure({
    schemaVersion: 1,
    host: 'ctl1',
    databases: {},
    poolers: {},
    apiServers: {rack: {unit, address: '127.0.0.1', port}},
    voterFor: ['main'],
  })
  systemctl('start')
  helper = await host.helper()
  await helper.done('raise', {target: 'main.drill', token: 1, operation: 'op-1'})
})

afterEach(async () => {
  systemctl('stop')
  await host.remove()
})

const systemctl = (verb: string) => execFileSync(join(host.bin, 'systemctl'), [verb, unit])
const args = (expiresSeconds = 600, target = 'rack') =>
  act({target, lock: 'main.drill', fault: 'a-1', kind: 'api-server-down', expiresSeconds})
const down = `${unit} is inactive, port`
const up = `${unit} is active, port`

async function untilLifted(): Promise<object> {
  for (let look = 0; look < 600; look++) {
    const seen = (await helper.done('faults', {})) as {lifted: object[]}
    if (seen.lifted.length > 0) return seen
    await sleep(50)
  }
  throw new Error('it stays down')
}

test('it is stopped under the lock of the drill, stays down, and lifting starts it again', async () => {
  const put = await helper.done('fault', args())
  expect(put).toMatchObject({measured: `${down} ${port} takes none`})
  expect(await helper.done('fault', args())).toMatchObject({already: true})
  const lifted = await helper.done('lift', {target: 'rack', operation: 'op-1', fault: 'a-1'})
  expect(lifted).toMatchObject({gone: true, measured: `${up} ${port} takes connections`})
})

test('the host starts it by itself when its time has come', async () => {
  await helper.done('fault', args(2))
  expect(await untilLifted()).toMatchObject({
    faults: [],
    lifted: [{by: 'its timer', measured: `${up} ${port} takes connections`}],
  })
})

test('a host that runs none refuses, and so does one whose server is down already', async () => {
  expect(await helper.refusal('fault', args(600, 'main'))).toBe('FAULT_NO_API_SERVER')
  systemctl('stop')
  expect(await helper.refusal('fault', args())).toBe('FAULT_NOT_RUNNING')
})
