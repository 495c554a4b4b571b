// What a standby without a position costs.
import {expect, test} from '@jest/globals'

import {performFailoverStep, type FailoverRun} from '../../../src/lib/database/failover/execute.ts'
import type {Position} from '../../../src/lib/database/failover/types.ts'
import {PpError} from '../../../src/lib/errors.ts'
import {failoverIntent} from '../../fakes/lost-cluster.ts'

const at = (host: string): Position => ({
  host,
  lsn: '0/5000100',
  replayedLsn: '0/5000100',
  timeline: failoverIntent.timeline,
  systemIdentifier: failoverIntent.systemIdentifier,
})
const measure = (positions: readonly Position[], unread: readonly PpError[]) =>
  performFailoverStep({kind: 'measure', host: 'db2', from: 'db1'}, {
    intent: {...failoverIntent, lostSynchronousNames: 'ANY 1 (db1, db2, db3)'},
    positions,
    unread,
    unsalvaged: [],
    endOnDisk: undefined,
    detail: () => undefined,
    cluster: {
      database: {members: ['db1', 'db2', 'db3']},
      // Nobody has a heartbeat, or lowers what commits wait for.
      maintenance: () => Promise.resolve({query: () => Promise.resolve([])}),
    },
  } as unknown as FailoverRun)

test('a standby that still replays its own WAL has no vote, and the refusal says why', async () => {
  const replaying = new PpError('undone', 'STILL_REPLAYING', {
    message: 'db3 still replays',
    hint: 'pp db status',
  })
  await expect(measure([at('db2')], [replaying])).rejects.toMatchObject({
    code: 'DATA_LOSS_OVER_LIMIT',
    message: expect.stringMatching(/only 1 of them could be read.*db3 still replays/),
  })
  expect(await measure([at('db2'), at('db3')], [])).toMatchObject({bound: {bytes: 0}})
})
