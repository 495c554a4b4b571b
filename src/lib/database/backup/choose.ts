import type {RepositoryBackup} from '../../drivers/helper/verbs.ts'
import {lsnBytes, type Lsn} from '../lsn.ts'

/** Where a restore shall end; the end of the archive when neither is said. */
export interface RestoreTarget {
  readonly label: string | undefined
  readonly time: Date | undefined
  readonly lsn: Lsn | undefined
}

export type Choice =
  | {readonly kind: 'chosen'; readonly backup: RepositoryBackup}
  | {readonly kind: 'refused'; readonly code: string; readonly message: string}

/** The newest backup from which the target can be reached: only forward, so it has to have ended before it. Pure. */
export function chooseBackup(
  backups: readonly RepositoryBackup[],
  {label, time, lsn}: RestoreTarget,
  now: Date,
): Choice {
  const ordered = backups.toSorted((one, other) => one.stoppedAt - other.stoppedAt)
  const named = label === undefined ? ordered : ordered.filter((backup) => backup.label === label)
  if (ordered.length === 0) return refused('NO_BACKUP', 'The repository has no backup yet')
  if (named.length === 0) return refused('BACKUP_UNKNOWN', `The repository has no backup ${label ?? ''}`)
  if (time !== undefined && time > now)
    return refused('TARGET_IN_FUTURE', `${time.toISOString()} has not come yet`)
  const backup = named.findLast((one) => reaches(one, time, lsn))
  if (backup) return {kind: 'chosen', backup}
  const [oldest] = named
  const end = lsn ?? time?.toISOString() ?? ''
  const first =
    oldest && (lsn === undefined ? new Date(oldest.stoppedAt * 1000).toISOString() : oldest.lsn.last)
  return refused(
    'NO_BACKUP_BEFORE',
    `${oldest?.label ?? ''} ended at ${first ?? ''}, and ${end} lies before that`,
  )
}

/** Its end is known to the second, so the whole second counts to it. */
function reaches(backup: RepositoryBackup, time: Date | undefined, lsn: Lsn | undefined): boolean {
  if (time !== undefined) return (backup.stoppedAt + 1) * 1000 <= time.getTime()
  if (lsn !== undefined) return lsnBytes(backup.lsn.last) <= lsnBytes(lsn)
  return true
}

const refused = (code: string, message: string): Choice => ({kind: 'refused', code, message})
