// Scenario: right after the promotion the only other standby stops acknowledging, while the old primary is still down. With
// synchronous replication every write of every client would hang. pp lowers synchronous_standby_names until the old
// primary streams again, then puts it back: nobody's write fails, and durability is what it was.
// Incident behind it: a switchover that had "succeeded", and an application that hung for the length of a rebuild.
import {expect, test} from '@jest/globals'

import {useLab, sqlOn} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {signalServerProcess} from '../in-lab/member.ts'
import {changeUntil} from '../in-lab/pp.ts'
import {reportOf} from '../in-lab/report.ts'

useLab()

test('writes wait a moment, not for ever, when no standby acknowledges them: no transaction fails, exit 0 or 11', async () => {
  const names = await sqlOn('db1', 'show synchronous_standby_names')
  expect(names).not.toBe('\n')
  const load = await startClients()
  const operator = await changeUntil('before promote')
  await signalServerProcess('db3', 'walreceiver', 'STOP')
  operator.kill('SIGCONT')
  const ended = await operator.ended
  await signalServerProcess('db3', 'walreceiver', 'CONT')
  const verdict = await load.stop()

  // Degraded where the hanging walreceiver was found not to stream at the end.
  expect([0, 11]).toContain(ended.exitCode)
  const probe = reportOf(ended).phases.find((phase) => phase.id === 'probe')
  expect(probe?.ms).toBeGreaterThan(1000)
  expect(verdict).toMatchObject({failed: 0, lost: 0, duplicated: 0, writable: ['db2']})
  expect(await sqlOn('db2', 'show synchronous_standby_names')).toBe(names)
})
