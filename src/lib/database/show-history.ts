import {tableRows} from '../output/table.ts'
import {resultColumns, wrapAfter} from '../output/terminal.ts'
import {formatSize} from '../size.ts'
import {changeKinds, type PastChange} from './history.ts'

/** One change a line where it fits, newest first; below it why the primary was lost, or what else is known. */
export function showHistory(changes: readonly PastChange[], columns = resultColumns()): string {
  if (changes.length === 0) return 'No change of primary yet.'
  const rows = tableRows(changes.map(cells), columns)
  return changes
    .flatMap((change, index) => {
      const below = remark(change)
      return [rows[index] ?? '', ...(below === null ? [] : [wrapAfter('    ', below, columns)])]
    })
    .join('\n')
}

const remark = ({operation, why, forkLsn}: PastChange): string | null =>
  operation === null ? `began at ${forkLsn ?? '?'}; neither this machine nor a voter has its journal` : why

function cells(change: PastChange): readonly string[] {
  const {at, timeline, from, to, kind, heldMs, lossBytes, outcome, operation, who} = change
  const number = `timeline ${timeline.after}`
  if (operation === null) return ['?', number]
  return [
    at?.slice(0, 19) ?? '?',
    number,
    `${from ?? '?'} → ${to ?? '?'}`,
    changeKinds.get(kind ?? '') ?? '?',
    heldMs === null ? '' : `held ${heldMs} ms`,
    lossBytes === null ? 'loss not known' : `loss ${formatSize(lossBytes)}`,
    outcome ?? '',
    who ?? '',
    operation,
  ]
}
