import {setTimeout as sleep} from 'node:timers/promises'

import {formatDuration} from '../../duration.ts'
import {formatSize} from '../../size.ts'
import type {Cluster} from '../cluster.ts'
import type {SwitchoverRun} from '../execute.ts'
import {mandate} from '../mandate.ts'
import type {RejoinIntent, RejoinStep} from './types.ts'

const longestSeconds = 7 * 86_400

/** Makes a member's data directory anew from the primary's, and says how far it is. */
export async function copyAnew(
  run: SwitchoverRun & {readonly intent: RejoinIntent},
  {host, from, source, conninfo, slot}: Extract<RejoinStep, {kind: 'clone'}>,
  timeline: number,
) {
  const {systemIdentifier, removeOld, database: target} = run.intent
  const {ancestors} = await run.cluster.acts(from).call('history', {target, timeline})
  const helper = run.cluster.acts(host)
  const order = {
    ...mandate(run, helper, 30),
    systemIdentifier,
    timeline,
    history: ancestors,
    sourceConninfo: source,
    conninfo,
    slot,
    bytes: await sizeOf(run.cluster, from),
    removeOld,
    timeoutSeconds: longestSeconds,
  }
  const ended = new AbortController()
  const telling = tellProgress(run, host, ended.signal)
  try {
    return await helper.call('clone', order, {timeoutSeconds: longestSeconds + 600})
  } finally {
    ended.abort()
    await telling
  }
}

/** Bytes of all databases of a member; what a copy of it needs, WAL aside. */
export async function sizeOf(cluster: Cluster, host: string): Promise<number> {
  const session = await cluster.maintenance(host)
  const [row] = await session.query<{bytes: string}>(
    'select sum(pg_database_size(oid))::bigint::text as bytes from pg_database',
    [],
    {timeoutSeconds: 60},
  )
  return Number(row?.bytes ?? 0)
}

/** The helper that copies does not answer meanwhile; the one that keeps the lease does. */
async function tellProgress(run: SwitchoverRun, host: string, ended: AbortSignal): Promise<void> {
  const begun = performance.now()
  const isEnded = () => ended.aborted
  while (!isEnded()) {
    await sleep(1000, undefined, {signal: ended}).catch(() => undefined)
    const asked = run.cluster.links(host).lease?.call('clone-progress', {target: run.intent.database})
    const progress = await asked?.then((answer) => answer.progress).catch(() => null)
    if (progress && !isEnded())
      run.detail(progressText(progress.doneBytes, progress.totalBytes, (performance.now() - begun) / 1000))
  }
}

/** Bytes done and in all, and how long the rest takes at the speed so far. */
export function progressText(doneBytes: number, totalBytes: number, seconds: number): string {
  const done = `${formatSize(doneBytes)} of ${formatSize(totalBytes)}`
  if (doneBytes === 0 || seconds < 1) return done
  const left = ((totalBytes - doneBytes) * seconds) / doneBytes
  return `${done}, ${formatSize(doneBytes / seconds)}/s, ${formatDuration(left)} left`
}
