import {counted} from '../../counted.ts'
import {formatDuration} from '../../duration.ts'
import type {RepositoryBackup} from '../../drivers/helper/verbs.ts'

/** What the repository has, and what the members have still to send. Ages are in seconds. */
export interface BackupState {
  readonly host: string
  readonly backups: readonly (RepositoryBackup & {readonly ageSeconds: number})[]
  readonly maxAgeHours: number | undefined
  /** How the last one ended that pp or a timer has begun. */
  readonly last: {readonly type: string; readonly endedAt: string; readonly problem: string | null} | null
  /** Of members that answer. */
  readonly queues: readonly {
    readonly host: string
    readonly waiting: number
    readonly oldestSeconds: number | null
  }[]
}

/** A repository that is away for a minute is nobody's business; one that has taken nothing for this long is. */
const longestWaitSeconds = 600

/** The newest backup; undefined where there is none. */
export const newestBackup = ({backups}: Pick<BackupState, 'backups'>) =>
  backups.toSorted((one, other) => one.stoppedAt - other.stoppedAt).at(-1)

/** Whether the newest backup is older than the fleet file allows. False where that says nothing. */
export function isOverdue(state: BackupState): boolean {
  if (state.maxAgeHours === undefined) return false
  const newest = newestBackup(state)
  return newest === undefined || newest.ageSeconds > state.maxAgeHours * 3600
}

/** What somebody should look at; empty when all is well. */
export function backupWarnings(state: BackupState): readonly string[] {
  const {host, maxAgeHours, last, queues} = state
  const newest = newestBackup(state)
  const limit = maxAgeHours === undefined ? '' : ` (${maxAgeHours} h are allowed)`
  return [
    ...(newest === undefined ? [`${host} has no backup yet: pp db backup`] : []),
    ...(newest !== undefined && isOverdue(state)
      ? [`the newest backup is ${formatDuration(newest.ageSeconds)} old${limit}: pp db backup`]
      : []),
    ...(last?.problem != null && (newest?.stoppedAt ?? 0) * 1000 < Date.parse(last.endedAt)
      ? [`the ${last.type} backup of ${last.endedAt} failed (${last.problem}): pp db backup`]
      : []),
    ...(newest?.hasErrors
      ? [`backup ${newest.label} found pages with wrong checksums: see the log of pgbackrest on ${host}`]
      : []),
    ...queues
      .filter(({oldestSeconds}) => (oldestSeconds ?? 0) > longestWaitSeconds)
      .map(
        (queue) =>
          `${counted(queue.waiting, 'WAL file')} of ${queue.host} ${queue.waiting === 1 ? 'waits' : 'wait'} for the repository, ` +
          `the oldest for ${formatDuration(queue.oldestSeconds ?? 0)}: journalctl -u pp-push-wal on ${queue.host}`,
      ),
  ]
}
