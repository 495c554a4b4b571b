// What a dead primary wrote and never sent is fetched from its disk for a standby: real PostgreSQL, real pg_waldump.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {readdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {dirname} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {formatLsn, lsnBytes} from '../../src/lib/database/lsn.ts'
import {act, HostFolder, type HelperProcess} from './helper-process.ts'
import {hasPostgres, primaryAndStandby, type Cluster} from './postgres-cluster.ts'

const suite = hasPostgres ? describe : describe.skip
jest.setTimeout(60_000)

let host: HostFolder
let helper: HelperProcess
let primary: Cluster
let standby: Cluster
let place: {timeline: number; systemIdentifier: string}

suite("a dead primary's WAL", () => {
  beforeEach(async () => {
    host = new HostFolder()
    ;[primary, standby] = await primaryAndStandby(host)
    host.configure({
      schemaVersion: 1,
      host: 'db1',
      databases: {main: primary.config(), second: standby.config()},
      poolers: {},
    })
    helper = await host.helper()
    place = {timeline: 1, systemIdentifier: primary.identifier()}
    await helper.done('raise', {target: 'second', token: 1, operation: 'op-1'})
  })

  afterEach(async () => {
    primary.kill()
    standby.kill()
    await host.remove()
  })

  const received = () => standby.sql('select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())')
  const end = (lsn: string) => helper.done('wal-end', {target: 'main', ...place, lsn})

  /** Nothing streams any more, and the primary goes on writing until it is killed. */
  async function lose(...statements: string[]): Promise<string> {
    standby.sql("alter system set primary_conninfo = ''")
    standby.sql('select pg_reload_conf()')
    while (standby.sql('select count(*) from pg_stat_wal_receiver') !== '0') await sleep(20)
    const from = received()
    for (const statement of statements) primary.sql(statement)
    primary.kill()
    return from
  }

  async function bring(from: string, to: string): Promise<void> {
    for (let position = lsnBytes(from); position < lsnBytes(to);) {
      const at = {...place, lsn: formatLsn(position)}
      const bytes = Math.min(512 * 1024, Number(lsnBytes(to) - position))
      const {content, bytes: read} = await helper.done('wal-read', {target: 'main', ...at, bytes})
      await helper.done('wal-write', act({token: 1, target: 'second', ...at, content}))
      position += BigInt(read as number)
    }
  }

  test('has an end, and a standby that gets the rest of it lacks nothing', async () => {
    // Three segments more, one of them begun: pieces end where segments end.
    const from = await lose(
      'insert into sent select generate_series(1, 500000)',
      'select pg_switch_wal()',
      'insert into sent values (-1)',
    )
    const found = await end(from)
    expect(found.bytes).toBeGreaterThan(30_000_000)
    await bring(from, found.end as string)
    expect(await end(found.end as string)).toMatchObject({last: null, bytes: 0})
    for (let look = 0; look < 200; look++) {
      standby.sql('select pg_reload_conf()')
      if (standby.sql(`select pg_last_wal_replay_lsn() > '${String(found.last)}'`) === 't') break
      await sleep(50)
    }
    expect(standby.sql('select count(*), min(n) from sent')).toBe('500001|-1')
    standby.sql('select pg_promote()')
    expect(standby.sql('insert into sent values (-2) returning n')).toBe('-2')
  })

  const insert = (rows: number) => `insert into sent select generate_series(1, ${rows})`
  const unreadable = async (lsn: string): Promise<string> => {
    const answer = await helper.call('wal-end', {target: 'main', ...place, lsn})
    return answer.ok ? `ends at ${String(answer.result.end)}` : answer.error.message
  }

  test('has no end where it is damaged or a part of it is missing', async () => {
    const from = await lose(insert(300_000), 'select pg_switch_wal()', insert(1), insert(300_000))
    const next = lsnBytes(from) - (lsnBytes(from) % 2n ** 24n) + 2n ** 24n
    const middle = formatLsn(next + 2n ** 20n)
    const {path} = primary.segment(middle)
    const content = readFileSync(path)
    expect(await unreadable(from)).toMatch(/^ends at/)

    primary.blank(middle, 100)
    expect(await unreadable(from)).toMatch(/0+[0-9A-F]+ was written$/)
    truncateSync(path, 2 ** 20)
    expect(await unreadable(from)).toContain('could not read')
    rmSync(path)
    expect(await unreadable(from)).toContain('could not find file')
    writeFileSync(path, content)
    expect(await unreadable(from)).toMatch(/^ends at/)
  })

  test('has no end before its last checkpoint', async () => {
    const from = await lose(insert(10), 'checkpoint')
    expect(await unreadable(from)).toMatch(/^ends at/)
    primary.blank(from, 40)
    expect(await unreadable(from)).toContain(
      `the last checkpoint is at ${primary.control('Latest checkpoint location')}`,
    )
  })

  test('ends before a record that was not written whole, though the next segment was begun', async () => {
    const from = await lose(insert(300_000))
    const next = lsnBytes(from) - (lsnBytes(from) % 2n ** 24n) + 2n ** 24n
    // Of the record that goes on to the next segment only the page's header came there.
    primary.blank(formatLsn(next + 40n), 2 ** 24 - 40)
    const {last, end: found} = await end(from)
    expect(next - lsnBytes(found as string)).toBeLessThan(200n)
    expect(lsnBytes(last as string)).toBeLessThan(lsnBytes(found as string))
  })

  test('ends behind a segment that is full, also where the next one is not there yet', async () => {
    const from = await lose(insert(10), 'select pg_switch_wal()')
    const {path} = primary.segment(from)
    for (const name of readdirSync(dirname(path)))
      if (`${dirname(path)}/${name}` > path && /^[0-9A-F]{24}$/.test(name)) rmSync(`${dirname(path)}/${name}`)
    const next = lsnBytes(from) - (lsnBytes(from) % 2n ** 24n) + 2n ** 24n
    expect(await end(from)).toMatchObject({end: formatLsn(next)})
    writeFileSync(primary.segment(formatLsn(next)).path, Buffer.alloc(2 ** 24))
    expect(await end(formatLsn(next))).toEqual({last: null, end: formatLsn(next), bytes: 0})
  })

  test('is seen from where a standby has replayed, when it has received a part of the last record', async () => {
    const from = await lose(insert(1))
    const {last, end: found} = await end(from)
    expect(await end(formatLsn(lsnBytes(last as string) + 8n))).toMatchObject({last: null})
    expect(await end(last as string)).toEqual({
      last,
      end: found,
      bytes: Number(lsnBytes(found as string) - lsnBytes(last as string)),
    })
  })

  test('is refused while the server runs, for another cluster, and where it is gone', async () => {
    const args = {target: 'main', ...place, lsn: received()}
    expect(await helper.refusal('wal-end', args)).toBe('STILL_RUNNING')
    const from = await lose('select pg_switch_wal()', 'checkpoint')
    expect(await helper.refusal('wal-end', {...args, systemIdentifier: '1'})).toBe('IDENTITY_MISMATCH')
    expect(await helper.refusal('wal-read', {...args, lsn: 'FF/0', bytes: 8192})).toBe('WAL_MISSING')
    const cut = {...args, lsn: from, content: Buffer.from('x').toString('base64')}
    expect(await helper.refusal('wal-write', act({token: 1, ...cut, target: 'second'}))).toBe('BAD_REQUEST')
  })
})
