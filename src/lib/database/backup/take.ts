import {setTimeout as sleep} from 'node:timers/promises'

import {HelperRefusal} from '../../drivers/helper/errors.ts'
import type {RepositoryBackup} from '../../drivers/helper/verbs.ts'
import {PpError} from '../../errors.ts'
import type {Database, Fleet} from '../../fleet/types.ts'
import type {Progress} from '../../output/progress.ts'
import {formatSize} from '../../size.ts'
import {formatDuration} from '../../duration.ts'
import {repositoryOf, withBackupHost, type BackupHost} from './host.ts'
import {backupStepText} from './step-text.ts'

export type BackupType = RepositoryBackup['type']

const longestSeconds = 7 * 86_400
const lookMs = 1000

/**
 * Makes a backup on the repository host, or follows the one that runs there already. It goes on there when pp is gone.
 *
 * @throws PpError BACKUPS_NOT_SET_UP; BACKUP_FAILED, exit 12: the repository is as it was.
 */
export async function takeBackup(fleet: Fleet, database: Database, type: BackupType, progress: Progress) {
  const {host} = repositoryOf(database)
  return withBackupHost(fleet, host, async (opened) => {
    const started = performance.now()
    progress.start('backup', `${type} backup of ${database.name} on ${host}`)
    try {
      const taken = await takeOrFollow(opened, database.name, type, progress)
      const {backups} = await opened.looks.call('backup-info', {target: database.name}, {timeoutSeconds: 25})
      const backup = backups.find(({label}) => label === taken.label)
      if (!backup) throw failed(host, `the repository does not list ${taken.label}`)
      const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
      progress.done(
        'backup',
        `${backup.label}: ${formatSize(backup.bytes)}, ${formatSize(backup.repositoryBytes)} kept`,
      )
      return {database: database.name, host, ...taken, backup, seconds}
    } catch (error) {
      progress.failed('backup', 'no backup was made')
      throw error
    } finally {
      await progress.end()
    }
  })
}

async function takeOrFollow(opened: BackupHost, target: string, type: BackupType, progress: Progress) {
  const ended = new AbortController()
  const telling = follow(opened, target, progress, ended.signal)
  try {
    const made = await opened.acts.call(
      'backup',
      {target, type, timeoutSeconds: longestSeconds},
      {timeoutSeconds: longestSeconds + 60},
    )
    return {label: made.label, isFromStandby: made.isFromStandby, isFollowed: false}
  } catch (error) {
    if (!(error instanceof HelperRefusal)) throw error
    if (error.code === 'BACKUP_FAILED') throw failed(opened.host, messageIn(error))
    if (error.code !== 'BACKUP_RUNNING') throw error
    progress.note(`A backup of ${target} runs on ${opened.host} already; this is what it does.`)
    return {label: await endOfOther(opened, target), isFromStandby: null, isFollowed: true}
  } finally {
    ended.abort()
    await telling
  }
}

/** @returns the label of the backup that somebody else has begun. */
async function endOfOther({looks, host}: BackupHost, target: string): Promise<string> {
  for (;;) {
    const {progress, last} = await looks.call('backup-progress', {target})
    if (progress === null) {
      if (last?.label != null) return last.label
      throw failed(host, last?.problem ?? 'it was begun by something else than pp, or ended without a word')
    }
    await sleep(lookMs)
  }
}

async function follow(
  {looks}: BackupHost,
  target: string,
  progress: Progress,
  ended: AbortSignal,
): Promise<void> {
  const started = performance.now()
  const isEnded = () => ended.aborted
  while (!isEnded()) {
    await sleep(lookMs, undefined, {signal: ended}).catch(() => undefined)
    const answer = await looks.call('backup-progress', {target}).catch(() => undefined)
    if (answer?.progress && !isEnded())
      progress.detail('backup', backupStepText(answer.progress, (performance.now() - started) / 1000))
  }
}

const messageIn = (error: HelperRefusal): string =>
  error.message.replace(`${error.host} refused "${error.verb}": `, '')

const failed = (host: string, why: string): PpError =>
  new PpError('undone', 'BACKUP_FAILED', {
    message: `No backup was made on ${host}: ${why}`,
    hint: 'pp db backups',
  })

/** One line for people. */
export const showTaken = ({backup, host, seconds}: Awaited<ReturnType<typeof takeBackup>>): string =>
  `done  ${backup.type} backup ${backup.label} on ${host}: ${formatSize(backup.bytes)}, ${formatSize(backup.repositoryBytes)} kept, ${formatDuration(seconds)}.`
