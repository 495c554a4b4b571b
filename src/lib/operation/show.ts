import {resultColumns, wrapAfter} from '../output/terminal.ts'
import type {JournalRecord} from './journal.ts'
import type {OperationSummary} from './store.ts'

export function showJournal(
  operation: OperationSummary,
  records: readonly JournalRecord[],
  columns = resultColumns(),
): string {
  const head = `${operation.kind} on ${operation.target} by ${operation.owner}: ${operation.outcome ?? 'unfinished'}`
  return [
    wrapAfter(`${operation.id}  `, head, columns),
    ...records.map((record) => showRecord(record, columns)),
  ].join('\n')
}

/** Time, type and the beginning of what it holds; proofs are shown as they were written. */
export function showRecord({at, type, data}: JournalRecord, columns = resultColumns()): string {
  return wrapAfter(`  ${at.slice(11, 23)}  ${type.padEnd(11)}  `, shorten(spaced(data)), columns)
}

/** JSON that can be broken at its spaces. */
const spaced = (data: unknown): string => JSON.stringify(data, undefined, 1).replaceAll(/\n */g, ' ')

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}
