// What is asked of a lost primary's disk, and what of it is fetched.
import {expect, test} from '@jest/globals'
import {deflateSync} from 'node:zlib'

import type {FailoverRun} from '../../../src/lib/database/failover/execute.ts'
import {salvage} from '../../../src/lib/database/failover/salvage.ts'
import {lsnBytes} from '../../../src/lib/database/lsn.ts'
import {failoverIntent} from '../../fakes/lost-cluster.ts'

/** A disk with one record, from 0/3000100 to 0/3000140, and a standby that fetches from there. */
function lost(receivedLsn: string, replayedLsn: string) {
  const standby = {host: 'db2', lsn: receivedLsn, replayedLsn, timeline: 7, systemIdentifier: '1'}
  const has = {lsn: receivedLsn, replayedLsn}
  const disk = {
    call: (verb: string, args: {lsn: string; bytes?: number}) => {
      if (verb === 'wal-read')
        return Promise.resolve({
          content: deflateSync(Buffer.alloc(args.bytes ?? 0)).toString('base64'),
          bytes: args.bytes,
        })
      const isBefore = lsnBytes(args.lsn) <= lsnBytes('0/3000100')
      return Promise.resolve({
        last: isBefore ? '0/3000100' : null,
        end: isBefore ? '0/3000140' : args.lsn,
        bytes: 0,
      })
    },
  }
  const standbyHelper = {
    notAfter: () => 0,
    call: () => {
      Object.assign(has, {lsn: '0/3000140', replayedLsn: '0/3000140'})
      return Promise.resolve({bytes: 0})
    },
  }
  const session = {
    query: (text: string) =>
      Promise.resolve([
        text.includes('isReplayed')
          ? {isReplayed: has.replayedLsn > '0/3000100'}
          : {isReplaying: false, ...standby, ...has},
      ]),
  }
  const run = {
    intent: failoverIntent,
    positions: [standby],
    endOnDisk: undefined,
    detail: () => undefined,
    token: () => 1,
    operation: 'op-1',
    cluster: {
      database: {name: 'main'},
      acts: (host: string) => (host === 'db1' ? disk : standbyHelper),
      links: () => ({}),
      maintenance: () => Promise.resolve(session),
    },
  }
  return run as unknown as FailoverRun
}

test('a record of which the standby has received a part is fetched', async () => {
  const run = lost('0/3000120', '0/3000100')
  expect(await salvage(run, {host: 'db2', from: 'db1'})).toEqual({
    from: '0/3000120',
    to: '0/3000140',
    bytes: 32,
  })
  expect(run.endOnDisk).toBe('0/3000140')
})

test('nothing is fetched of what the standby has received and not replayed', async () => {
  expect(await salvage(lost('0/3000140', '0/3000100'), {host: 'db2', from: 'db1'})).toMatchObject({bytes: 0})
})
