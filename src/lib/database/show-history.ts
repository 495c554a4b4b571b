import {table} from '../output/table.ts'
import {formatSize} from '../size.ts'
import type {PastChange} from './history.ts'

/** One change a line, newest first, and why below it where the primary was lost. */
export function showHistory(changes: readonly PastChange[]): string {
  if (changes.length === 0) return 'No change of primary yet.'
  const rows = table(changes.map(cells)).split('\n')
  return changes
    .flatMap(({why}, index) => [rows[index] ?? '', ...(why === null ? [] : [`    ${why}`])])
    .join('\n')
}

const words: Readonly<Record<string, string>> = {
  'database-switchover': 'planned',
  'database-failover': 'unplanned',
  'database-open': 'opened',
}

function cells(change: PastChange): readonly string[] {
  const {at, timeline, from, to, kind, heldMs, lossBytes, outcome, operation, who, forkLsn} = change
  const number = `timeline ${timeline.after}`
  if (operation === null)
    return ['?', number, `began at ${forkLsn ?? '?'}; its journal is not on this machine`]
  return [
    at?.slice(0, 19) ?? '?',
    number,
    `${from ?? '?'} → ${to ?? '?'}`,
    words[kind ?? ''] ?? '?',
    heldMs === null ? '' : `held ${heldMs} ms`,
    lossBytes === null ? 'loss not known' : `loss ${formatSize(lossBytes)}`,
    outcome ?? '',
    who ?? '',
    operation,
  ]
}
