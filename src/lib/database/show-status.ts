import type {BackupGlance} from './backup/list.ts'
import {showGlance} from './backup/show.ts'
import {formatSize} from '../size.ts'
import {tableRows} from '../output/table.ts'
import {resultColumns, wrapAfter} from '../output/terminal.ts'
import type {DatabaseStatus} from './status.ts'

/** A database as people read it: who is what, how far behind, where the poolers lead. Why a member is silent is a finding. */
export function showDatabase(
  status: DatabaseStatus & {readonly backups?: BackupGlance | null},
  columns = resultColumns(),
): string {
  const primary = status.members.find((member) => member.role === 'primary')
  const head = primary
    ? [
        `database ${status.name}`,
        `${primary.host} primary`,
        `timeline ${status.timeline ?? '?'}`,
        'writable',
        ...primary.tags,
      ]
    : [
        `database ${status.name}`,
        status.members.some(({role}) => role === 'unknown') ? 'no primary seen' : 'no primary',
      ]
  const members = status.members
    .filter((member) => member !== primary)
    .map((member) => [
      `  ${member.host}`,
      member.role,
      member.upstream ? 'streaming' : member.role === 'unknown' ? 'no answer' : 'not streaming',
      lag(member),
      [member.sync ?? '', ...member.tags].filter(Boolean).join('  '),
    ])
  const poolers = status.poolers.map((pooler) => [
    `  ${pooler.host}`,
    `pooler ${pooler.process ?? ''}`.trim(),
    pooler.process === null
      ? 'no answer'
      : `→ ${pooler.target ?? 'nowhere'}${pooler.paused ? ' paused' : ''}`,
    pooler.clients === null ? '' : `${pooler.clients} clients`,
  ])
  const operation =
    status.operation === null
      ? []
      : [`! operation ${status.operation} holds the lock      pp op show ${status.operation}`]
  const backups = status.backups ? [showGlance(status.backups)] : []
  return [head.join('   '), ...tableRows([...members, ...poolers, ...backups], columns), ...operation].join(
    '\n',
  )
}

/** What is wrong, below the databases. */
export function showFindings(findings: readonly string[], columns = resultColumns()): readonly string[] {
  return findings.length === 0 ? [] : ['', ...findings.map((finding) => wrapAfter('! ', finding, columns))]
}

function lag({lagBytes, lagSeconds}: DatabaseStatus['members'][number]): string {
  if (lagBytes === null) return ''
  const seconds = lagBytes > 0 && lagSeconds !== null ? ` ${lagSeconds.toFixed(1)} s` : ''
  return `lag ${formatSize(lagBytes)}${seconds}`
}
