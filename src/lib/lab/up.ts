import type {Progress} from '../output/progress.ts'
import {hostsUp} from './bare.ts'
import {labHealth, reviveServices, waitForHealth} from './health.ts'
import {withLabLock} from './lock.ts'
import {isFirstState, rememberFirstState} from './reset.ts'
import {setUpHash, setUpHosts} from './setup.ts'
import {writeRecord, type LabRecord} from './state.ts'
import {assertSupported} from './support.ts'

export interface UpOptions {
  readonly progress: Progress
  /** Whether commits wait for a standby; undefined keeps what the lab has, and is true for a new one. */
  readonly synchronous?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface UpResult {
  readonly lab: string
  /** Hosts that were booted by this call. */
  readonly booted: readonly string[]
  /** Whether the playbook was played. */
  readonly setUp: boolean
  /** undefined while faults are in force: a broken lab need not be healthy. */
  readonly primary: string | undefined
  readonly seconds: number
  readonly record: LabRecord
}

/**
 * Brings a lab up, whatever is there of it: makes it, completes it, boots it, or finds that there is nothing to do.
 *
 * @throws PpError LAB_UNSUPPORTED, LAB_OWNED_ELSEWHERE, LAB_NO_SUBNET, LAB_SETTING_DIFFERS before anything is touched.
 */
export async function labUp(lab: string, {progress, synchronous, signal}: UpOptions): Promise<UpResult> {
  const started = performance.now()
  await assertSupported()
  return withLabLock(lab, async () => {
    const {record, booted} = await hostsUp(lab, synchronous, progress)
    const wanted = await setUpHash(record)
    const isBroken = record.faults.length > 0
    const needsSetUp = record.setUp !== wanted && !isBroken
    if (needsSetUp) await setUpHosts(record, progress, signal)
    const primary = isBroken ? undefined : await healthy(record, progress)
    const done = needsSetUp ? {...record, setUp: wanted} : record
    if (needsSetUp) await rememberAsFirst(record, progress)
    await writeRecord(done)
    return {
      lab,
      booted,
      setUp: needsSetUp,
      primary,
      seconds: (performance.now() - started) / 1000,
      record: done,
    }
  })
}

async function healthy(record: LabRecord, progress: Progress): Promise<string> {
  progress.start('health', 'wait until the standbys stream and the poolers answer')
  if ((await labHealth(record)).wrong.length > 0) await reviveServices(record)
  const primary = await waitForHealth(record, 60)
  progress.done('health', `${primary} is primary, its standbys stream, the poolers answer`)
  return primary
}

/** A later run of the playbook finds the cluster as operations have left it, which is no first state any more. */
async function rememberAsFirst(record: LabRecord, progress: Progress): Promise<void> {
  if (record.setUp !== null && !(await isFirstState(record))) return
  progress.start('first', 'keep a copy of the first state')
  await rememberFirstState(record)
  await waitForHealth(record, 60)
  progress.done('first')
}
