import {stripVTControlCharacters} from 'node:util'

/** Rows as columns two spaces apart; the last column is not padded. Escape codes do not count as width. */
export function table(rows: readonly (readonly string[])[]): string {
  return tableRows(rows).join('\n')
}

/** The same row by row. A row wider than `columns` goes on below, indented: all rows break at the same cell. */
export function tableRows(rows: readonly (readonly string[])[], columns = Infinity): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({length: count}, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const breaks = breaksOf(widths, columns)
  return rows.map((row) =>
    row
      .map((cell, column) => `${breaks.has(column) ? foldedBefore : ''}${pad(cell, widths[column] ?? 0)}`)
      .join('  ')
      .replaceAll(/ +$/gm, ''),
  )
}

const indent = 4
const foldedBefore = `\n${' '.repeat(indent)}`

/** Columns that begin a new line. */
function breaksOf(widths: readonly number[], columns: number): ReadonlySet<number> {
  const breaks = new Set<number>()
  let end = -2
  for (const [column, width] of widths.entries()) {
    end += 2 + width
    if (end <= columns || column === 0) continue
    breaks.add(column)
    end = indent + width
  }
  return breaks
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)))
}

function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length
}
