import {setTimeout as sleep} from 'node:timers/promises'

import {PpError} from '../../errors.ts'
import type {SwitchoverRun} from '../execute.ts'
import {mandate} from '../mandate.ts'

const patienceSeconds = 30

/**
 * Starts the member as a standby and waits until it streams. A long replay is no failure: as long as a position moves,
 * it is waited for.
 *
 * @throws PpError STEP_TIMED_OUT when nothing has moved for half a minute.
 */
export async function startFollowing(
  run: SwitchoverRun,
  {host, upstream}: {readonly host: string; readonly upstream: string},
): Promise<unknown> {
  await run.cluster.connect(host, {insist: true})
  const helper = run.cluster.acts(host)
  await helper.call('start', {...mandate(run, helper, 20), mode: 'standby'}, {timeoutSeconds: 30})
  let seen = ''
  for (let movedAt = performance.now(); performance.now() - movedAt < patienceSeconds * 1000;) {
    const now = await positionOf(run, host)
    if (now.upstream === upstream) return {host, streaming: `${upstream} ${now.position}`}
    if (now.position !== seen) {
      seen = now.position
      movedAt = performance.now()
      run.detail(`${host} has replayed to ${seen}`)
    }
    await sleep(50)
  }
  throw new PpError('degraded', 'STEP_TIMED_OUT', {
    message: `${host} does not stream from ${upstream}, and nothing has moved there for ${patienceSeconds} s (at ${seen}).`,
    hint: 'pp db status',
  })
}

async function positionOf(run: SwitchoverRun, host: string) {
  try {
    const session = await run.cluster.maintenance(host)
    const [row] = await session.query<{position: string; upstream: string | null}>(
      `select coalesce(pg_last_wal_replay_lsn()::text, '') as position,
         (select sender_host from pg_stat_wal_receiver where status = 'streaming') as upstream`,
    )
    return {position: row?.position ?? '', upstream: row?.upstream ?? undefined}
  } catch {
    // Before it is consistent it takes no connections; its control file moves then.
    const {database} = await run.cluster.acts(host).call('status', {target: run.intent.database})
    return {position: database?.control?.minRecoveryLsn ?? 'its start', upstream: undefined}
  }
}
