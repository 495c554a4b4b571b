import {formatDuration} from '../../duration.ts'
import {resultColumns, wrapAfter} from '../../output/terminal.ts'
import {formatSize} from '../../size.ts'
import type {RestoreResult} from './restore.ts'

const phases: Readonly<Record<string, string>> = {
  restore: 'copied',
  recover: 'rolled forward',
  check: 'looked at',
  pages: 'pages read',
}
const marks = {ok: '✔', warn: '!', failed: '✖'}

/** What was restored, each check with what it measured, and where it is when it was kept. */
export function showRestore(result: RestoreResult, columns = resultColumns()): string {
  const {backup, host, targetTime, targetLsn, checks, kept} = result
  const to = targetTime ?? targetLsn ?? 'the end of the archive'
  const times = result.phases.map(({id, ms}) => `${phases[id] ?? id} in ${formatDuration(ms / 1000)}`)
  return [
    `${result.outcome === 'done' ? 'done ' : 'human'} ${backup.label} on ${host}, rolled forward to ${to}: ${formatSize(result.bytes)} in ${formatDuration(result.seconds)}.`,
    `      ${times.join(', ')}.`,
    ...checks.map(({id, status, measured}) =>
      wrapAfter(`  ${marks[status]} `, `${id}: ${measured}`, columns),
    ),
    ...(kept
      ? [
          `      Kept in ${kept.directory}; on ${host}, as the owner of that folder:`,
          `        psql -h ${kept.socketDirectory} -p ${kept.port} -U postgres postgres`,
          `      Remove it: pp db restore --clean --into ${host}`,
        ]
      : ['      Removed again; the live database was not touched.']),
  ].join('\n')
}
