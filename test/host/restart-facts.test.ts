// What a restart in place would replay, and how often a server was started: real PostgreSQL, real WAL.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {spawnSync} from 'node:child_process'

import {lsnBytes} from '../../src/lib/database/lsn.ts'
import {HostFolder, isolated, program, python, type HelperProcess} from './helper-process.ts'
import {freePort} from '../free-port.ts'
import {Cluster, hasPostgres} from './postgres-cluster.ts'

const suite = hasPostgres ? describe : describe.skip
jest.setTimeout(60_000)

let host: HostFolder
let helper: HelperProcess
let primary: Cluster

suite('what a restart in place is forecast from', () => {
  beforeEach(async () => {
    host = new HostFolder()
    primary = new Cluster(host, 'main', await freePort())
    primary.initialize()
    primary.start()
    host.configure({schemaVersion: 1, host: 'db1', databases: {main: primary.config()}, poolers: {}})
    helper = await host.helper()
  })

  afterEach(async () => {
    primary.kill()
    await host.remove()
  })

  const facts = () => helper.done('restart-facts', {target: 'main'})
  const gate = () =>
    spawnSync(python, [isolated, program, '--root', host.root, '--config', host.config, 'gate', 'main'], {
      env: {PATH: `${host.bin}:${process.env.PATH ?? ''}`},
    }).status

  test('the WAL from the last redo point to its end, to a page, over recycled segments', async () => {
    // Recycled segments lie behind the end and look like more.
    for (let round = 0; round < 3; round++) primary.sql('select pg_switch_wal(); checkpoint')
    primary.sql('create table t (n int); checkpoint')
    primary.sql('insert into t select generate_series(1, 400000)')
    const end = lsnBytes(primary.sql('select pg_current_wal_lsn()'))
    primary.kill()
    const {replayBytes, control} = await facts()
    const redo = lsnBytes((control as {redoLsn: string}).redoLsn)
    expect(replayBytes).toBeGreaterThan(20_000_000)
    expect(Math.abs(Number(end - redo) - (replayBytes as number))).toBeLessThanOrEqual(3 * 8192)
  })

  test('every start is counted in its boot, and none of them keeps the server from starting', async () => {
    primary.kill()
    expect((await facts()).starts).toBe(0)
    for (let start = 1; start <= 3; start++) expect(gate()).toBe(0)
    expect(await facts()).toMatchObject({starts: 3})
    host.reboot()
    expect((await facts()).starts).toBe(0)
  })

  test('is refused while the server runs', async () => {
    expect(await helper.refusal('restart-facts', {target: 'main'})).toBe('STILL_RUNNING')
  })
})
