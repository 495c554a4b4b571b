import {setTimeout as sleep} from 'node:timers/promises'

import {HelperRefusal} from '../../drivers/helper/errors.ts'
import type {RepositoryBackup, RestoreCheck} from '../../drivers/helper/verbs.ts'
import {PpError, refusal, usageError} from '../../errors.ts'
import type {Database, Fleet} from '../../fleet/types.ts'
import {Interrupted, onInterrupt} from '../../output/interrupted.ts'
import type {Progress} from '../../output/progress.ts'
import type {Outcome} from '../../outcome.ts'
import {chooseBackup, type RestoreTarget} from './choose.ts'
import {repositoryOf, withBackupHost, type BackupHost} from './host.ts'
import {readRepository} from './list.ts'
import {restoreStepText} from './step-text.ts'
import {postgresTime} from './target.ts'

const longestSeconds = 7 * 86_400
const lookMs = 1000

export interface RestoreRequest {
  /** Where: the repository host, or a member, beside its live data. */
  readonly into: string
  readonly target: RestoreTarget
  readonly keep: boolean
  readonly quick: boolean
}

/**
 * Makes a server of a backup on a host, alone and beside whatever lives there, looks at it, and removes it again unless it is
 * to be kept. The live database is only read from, through its repository.
 *
 * @throws PpError BACKUPS_NOT_SET_UP, RESTORE_HOST_UNKNOWN, NO_BACKUP…, DISK_SHORT, RESTORE_KEPT before anything is written;
 *   RESTORE_FAILED, RESTORE_TARGET_NOT_REACHED: nothing is left of it.
 */
export async function restoreBackup(
  fleet: Fleet,
  database: Database,
  {into, target, keep, quick}: RestoreRequest,
  progress: Progress,
) {
  requireRestoreHost(database, into)
  const repository = await readRepository(fleet, database)
  const backup = chosen(repository.backups, target)
  if (repository.systemIdentifier === null)
    throw refusal('NO_BACKUP', {message: 'The repository knows no database yet.', hint: 'pp db backups'})
  const order = {
    target: database.name,
    label: backup.label,
    bytes: backup.bytes,
    systemIdentifier: repository.systemIdentifier,
    ...(target.time && {toTime: postgresTime(target.time)}),
    ...(target.lsn !== undefined && {toLsn: target.lsn}),
    keep,
    quick,
    timeoutSeconds: longestSeconds,
  }
  return withBackupHost(fleet, into, async (opened) => {
    const started = performance.now()
    const to = target.time?.toISOString() ?? target.lsn ?? 'the end of the archive'
    progress.start('restore', `restore ${backup.label} on ${into} and roll it forward to ${to}`)
    try {
      const restored = await perform(opened, order, progress)
      const outcome = outcomeOf(restored.checks)
      const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
      const note = `restored and looked at: ${restored.checks.length} checks`
      if (outcome === 'done') progress.done('restore', note)
      else progress.failed('restore', note)
      return {
        outcome,
        database: database.name,
        host: into,
        backup,
        targetTime: target.time?.toISOString() ?? null,
        targetLsn: target.lsn ?? null,
        seconds,
        ...restored,
      }
    } catch (error) {
      progress.failed('restore', 'nothing was restored')
      throw error
    } finally {
      await progress.end()
    }
  })
}
export type RestoreResult = Awaited<ReturnType<typeof restoreBackup>>

/** @throws PpError RESTORE_HOST_UNKNOWN. */
function requireRestoreHost(database: Database, host: string): void {
  const hosts = [repositoryOf(database).host, ...database.members]
  if (hosts.includes(host)) return
  throw usageError('RESTORE_HOST_UNKNOWN', {
    message: `${host} can restore no backup of ${database.name}; ${hosts.join(', ')} can.`,
    hint: `pp db restore --into ${hosts[0] ?? ''}`,
  })
}

function chosen(
  backups: readonly (RepositoryBackup & {readonly ageSeconds: number})[],
  target: RestoreTarget,
): RepositoryBackup {
  const choice = chooseBackup(backups, target, new Date())
  if (choice.kind === 'chosen') return choice.backup
  throw refusal(choice.code, {message: `${choice.message}.`, hint: 'pp db backups'})
}

const outcomeOf = (checks: readonly RestoreCheck[]): Outcome =>
  checks.some(({status}) => status === 'failed') ? 'human' : 'done'

async function perform(
  opened: BackupHost,
  order: Parameters<typeof opened.acts.call<'restore'>>[1],
  progress: Progress,
) {
  const {host, acts, looks} = opened
  const ended = new AbortController()
  const telling = follow(opened, order.target, progress, ended.signal)
  let signal: 'SIGINT' | 'SIGTERM' | undefined
  const ignore = onInterrupt((name) => {
    signal = name
    progress.detail('restore', 'removes what is there')
    looks.call('restore-clean', {target: order.target}, {timeoutSeconds: 90}).catch(() => undefined)
  })
  try {
    return await acts.call('restore', order, {timeoutSeconds: longestSeconds + 60})
  } catch (error) {
    if (signal) throw new Interrupted(`in a restore, of which nothing is left on ${host}`, signal)
    throw error instanceof HelperRefusal ? translated(error) : error
  } finally {
    ignore()
    ended.abort()
    await telling
  }
}

/** What the host refuses before it has written anything stays a refusal. */
function translated(error: HelperRefusal): PpError {
  const {host, code} = error
  const said = error.message.replace(`${host} refused "${error.verb}": `, '')
  const hints: Readonly<Record<string, string>> = {
    RESTORE_KEPT: `pp db restore --clean --into ${host}`,
    RESTORE_RUNNING: `Wait until it has ended, or end it: pp db restore --clean --into ${host}`,
    RESTORE_TARGET_NOT_REACHED: 'pp db backups',
  }
  if (code === 'RESTORE_FAILED' || code === 'RESTORE_STOPPED')
    return new PpError('undone', code, {message: `${host}: ${said}`, hint: 'pp db backups'})
  return refusal(code, {message: `${host}: ${said}`, hint: hints[code] ?? `pp explain ${code}`})
}

async function follow(
  {looks}: BackupHost,
  target: string,
  progress: Progress,
  ended: AbortSignal,
): Promise<void> {
  let [step, since] = ['', performance.now()]
  const isEnded = () => ended.aborted
  while (!isEnded()) {
    await sleep(lookMs, undefined, {signal: ended}).catch(() => undefined)
    const found = await looks.call('restore-progress', {target}).catch(() => undefined)
    if (!found?.progress || isEnded()) continue
    if (found.progress.step !== step) [step, since] = [found.progress.step, performance.now()]
    progress.detail('restore', restoreStepText(found.progress, (performance.now() - since) / 1000))
  }
}

/** Removes what a restore has left or kept on a host, and ends one that runs. */
export async function cleanRestore(fleet: Fleet, database: Database, host: string) {
  requireRestoreHost(database, host)
  return withBackupHost(fleet, host, ({acts}) =>
    acts.call('restore-clean', {target: database.name}, {timeoutSeconds: 120}),
  )
}
