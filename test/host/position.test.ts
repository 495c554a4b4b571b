// Where a standby stands, after the restart of a real PostgreSQL that had received more than it had replayed.
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Cluster as Connections} from '../../src/lib/database/cluster.ts'
import {positionNow} from '../../src/lib/database/failover/position.ts'
import {HostFolder} from './helper-process.ts'
import {hasPostgres, primaryAndStandby, type Cluster} from './postgres-cluster.ts'

const suite = hasPostgres ? describe : describe.skip
jest.setTimeout(90_000)

let host: HostFolder
let primary: Cluster
let standby: Cluster

suite('a standby that was restarted after its primary was lost', () => {
  beforeEach(async () => {
    host = new HostFolder()
    ;[primary, standby] = await primaryAndStandby(host)
  })

  afterEach(async () => {
    primary.kill()
    standby.kill()
    await host.remove()
  })

  const rows = (text: string) =>
    JSON.parse(standby.sql(`select coalesce(json_agg(answer), '[]') from (${text}) answer`)) as never
  const connections = {
    maintenance: () => Promise.resolve({query: (text: string) => Promise.resolve(rows(text))}),
  } as unknown as Connections
  const position = (seconds: number) => positionNow(connections, 'db2', seconds)

  /** The last commit is on the standby's disk, acknowledged, and not replayed. */
  async function loseAfterCommit(): Promise<string> {
    standby.sql("alter system set recovery_min_apply_delay = '1h'")
    standby.sql('select pg_reload_conf()')
    await sleep(500)
    primary.sql('insert into sent values (1)')
    const acknowledged = primary.sql('select pg_current_wal_flush_lsn()')
    while (standby.sql(`select pg_last_wal_receive_lsn() >= '${acknowledged}'`) !== 't') await sleep(50)
    primary.kill()
    standby.kill()
    standby.start()
    await standby.answers()
    return acknowledged
  }

  test.each(['to nobody', 'to the lost primary'])(
    'tells no position before it has replayed all that it has, with a way %s',
    async (upstream) => {
      const acknowledged = await loseAfterCommit()
      if (upstream === 'to nobody') standby.sql("alter system set primary_conninfo = ''")
      standby.sql('select pg_reload_conf()')
      const replayed = standby.sql('select pg_last_wal_replay_lsn()')
      expect(standby.sql(`select '${replayed}'::pg_lsn < '${acknowledged}'::pg_lsn`)).toBe('t')
      await expect(position(1)).rejects.toMatchObject({
        code: 'STILL_REPLAYING',
        message: expect.stringContaining(replayed),
      })

      standby.sql('alter system reset recovery_min_apply_delay')
      standby.sql('select pg_reload_conf()')
      const {lsn} = await position(20)
      expect(standby.sql(`select '${lsn}'::pg_lsn >= '${acknowledged}'::pg_lsn`)).toBe('t')
      expect(standby.sql('select count(*) from sent')).toBe('1')
    },
  )
})
