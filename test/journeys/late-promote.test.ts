// Scenario: pp hangs right before it sends the promotion. A colleague waits for the lease to end and aborts: exit 0,
// the old primary writes again. Then the first pp wakes up and sends its promotion. The candidate's host refuses it
// (TOKEN_OLD; NOT_AFTER_PASSED where only time has passed), and there is one writable member throughout.
// Incident behind it: a promote request that sat in a queue for a minute, and two primaries.
import {expect, test} from '@jest/globals'

import {openHost} from '../../src/lib/drivers/ssh/open-host.ts'
import {findHost} from '../../src/lib/fleet/lookup.ts'
import {expectDone} from '../in-lab/ended.ts'
import {checked, settledDatabase, sound} from '../in-lab/fleet-state.ts'
import {fleetOfLab, sqlOn, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {hasPromoteRequest} from '../in-lab/member.ts'
import {changeUntil, pp} from '../in-lab/pp.ts'

useLab()

test('a promotion that arrives after an abort is refused by the host: abort exits 0, the late pp does not', async () => {
  const load = await startClients()
  const late = await changeUntil('before promote')
  const abort = await pp(['op', 'abort', '--yes', '--json'])
  expectDone(abort)

  late.kill('SIGCONT')
  const ended = await late.ended
  const verdict = await load.stop()

  expect(ended.exitCode).not.toBe(0)
  expect(ended.stdout + ended.stderr).toMatch(/TOKEN_OLD|TARGET_LOCKED|OPERATION_/)
  expect(verdict).toMatchObject({lost: 0, duplicated: 0, writable: ['db1']})
  expect(await hasPromoteRequest('db2')).toBe(false)
  expect((await settledDatabase()).timeline).toBe(1)
  expect(await checked()).toMatchObject(sound)
})

test('the host refuses a promotion whose time has passed or whose token is old, and stays a standby', async () => {
  const fleet = fleetOfLab()
  const connection = await openHost(findHost(fleet, 'db2'), fleet.ssh, {connectSeconds: 10})
  try {
    const helper = await connection.openHelper()
    const {highestToken} = await helper.call('status', {target: 'main'})
    const systemIdentifier = (await sqlOn('db2', 'select system_identifier from pg_control_system()')).trim()
    const order = {target: 'main', operation: 'LATE', timeline: 1, systemIdentifier, timeoutSeconds: 5}
    const passed = helper.call('promote', {...order, token: highestToken + 1, notAfter: helper.notAfter(-1)})
    await expect(passed).rejects.toMatchObject({code: 'NOT_AFTER_PASSED'})
    await helper.call('raise', {target: 'main', token: highestToken + 5, operation: 'NEWER'})
    const old = helper.call('promote', {...order, token: highestToken + 4, notAfter: helper.notAfter(5)})
    await expect(old).rejects.toMatchObject({code: 'TOKEN_OLD'})
  } finally {
    connection.close()
  }
  expect((await sqlOn('db2', 'select pg_is_in_recovery()')).trim()).toBe('t')
  expect(await hasPromoteRequest('db2')).toBe(false)
})
