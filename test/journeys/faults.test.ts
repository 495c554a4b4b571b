// Scenario: a member that cannot archive, one that is slow, a power switch that lies and one that hangs. Each is seen by
// those who would meet it, and gone when it is mended.
// Incident behind it: faults that a rehearsal only believed it had made.
import {expect, test} from '@jest/globals'

import {tryProgram} from '../../src/lib/drivers/machine/program.ts'
import {breakSwitch, hangArchiver, mend, slow} from '../../src/lib/lab/index.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {checked, sound} from '../in-lab/fleet-state.ts'
import {lab, onHost, sqlOn, useLab} from '../in-lab/lab.ts'

useLab('once')

const readyFiles = async (host: string): Promise<number> =>
  Number(await onHost(host, 'sh', '-c', 'ls /var/lib/postgresql/15/main/pg_wal/archive_status | grep -c ready || true')) // prettier-ignore
const switchSays = (...argv: string[]) =>
  tryProgram([`${packageRoot}/bin/lab-bmc`, lab, ...argv], {timeoutSeconds: 2})

test('a hanging archiver keeps WAL back, and hands it on when it is mended', async () => {
  await hangArchiver(lab, 'db1')
  await sqlOn('db1', 'create table pp_fault_trial (); drop table pp_fault_trial')
  await sqlOn('db1', 'select pg_switch_wal()')
  expect(await readyFiles('db1')).toBeGreaterThan(0)
  await mend(lab, 'db1')
  for (const deadline = Date.now() + 10_000; (await readyFiles('db1')) > 0 && Date.now() < deadline;) continue
  expect(await readyFiles('db1')).toBe(0)
})

test('a slow primary makes clients wait, and keeps nothing late when it is mended', async () => {
  // There and back; far more than a busy machine adds by itself.
  await slow(lab, 'db1', 300)
  expect(await selectMs()).toBeGreaterThan(600)
  await mend(lab, 'db1')
  const mended = [await selectMs(), await selectMs(), await selectMs()]
  expect(Math.min(...mended)).toBeLessThan(600)
  expect(await checked()).toMatchObject(sound)
})

/** One statement on a connection of its own, as a pooler's host makes it. */
async function selectMs(): Promise<number> {
  const timed = `start=$(date +%s%N); runuser -u pp -- pg_isready -q -h db1 -p 5432; echo $((($(date +%s%N) - start) / 1000000))`
  return Number(await onHost('edge1', 'sh', '-c', timed))
}

test('a power switch that lies says off and leaves the host on', async () => {
  await breakSwitch(lab, 'db3', 'lies')
  expect((await switchSays('db3', 'off')).stdout).toBe('off')
  expect((await sqlOn('db3', 'select 1')).trim()).toBe('1')
  await mend(lab, 'db3')
  expect((await switchSays('db3', 'status')).stdout).toBe('on')
})

test('a power switch that hangs answers nobody', async () => {
  await breakSwitch(lab, 'db3', 'hangs')
  expect((await switchSays('db3', 'status')).status).not.toBe(0)
  await mend(lab, 'db3')
  expect((await switchSays('db3', 'status')).stdout).toBe('on')
})
