import {formatDuration} from '../../duration.ts'
import {tableRows} from '../../output/table.ts'
import {resultColumns, wrapAfter} from '../../output/terminal.ts'
import {formatSize} from '../../size.ts'
import type {BackupGlance, listBackups} from './list.ts'

type BackupList = Awaited<ReturnType<typeof listBackups>>

/** Newest first, one a line where it fits; below them where they are and what waits. */
export function showBackups(list: BackupList, columns = resultColumns()): string {
  const rows = list.backups
    .toReversed()
    .map(({label, type, stoppedAt, startedAt, bytes, repositoryBytes, wal, ageSeconds}) => [
      label,
      type,
      `${new Date(stoppedAt * 1000).toISOString().slice(0, 19)}Z`,
      `${formatDuration(ageSeconds)} ago`,
      `took ${formatDuration(stoppedAt - startedAt)}`,
      `${formatSize(bytes)}, ${formatSize(repositoryBytes)} kept`,
      `WAL ${wal.first === wal.last ? wal.last : `${wal.first} – ${wal.last}`}`,
    ])
  const waiting = list.queues.reduce((sum, queue) => sum + queue.waiting, 0)
  const archive =
    list.archive.last === null ? 'no WAL yet' : `WAL ${list.archive.first ?? ''} – ${list.archive.last}`
  return [
    ...(rows.length === 0
      ? [`No backup of ${list.database} yet (${list.status}).`]
      : tableRows(rows, columns)),
    '',
    `${list.host}:${list.place}   ${archive}${waiting > 0 ? `, ${waiting} waiting` : ''}`,
    ...list.warnings.map((warning) => wrapAfter('! ', warning, columns)),
  ].join('\n')
}

/** Cells of one line below a database in pp status. */
export const showGlance = ({host, newest}: BackupGlance): readonly string[] => [
  `  ${host}`,
  'backups',
  newest === null ? 'none seen' : `newest ${formatDuration(newest.ageSeconds)} ago`,
  newest?.type ?? '',
]
