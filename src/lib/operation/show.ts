import type {JournalRecord} from './journal.ts'
import type {OperationSummary} from './store.ts'

export function showJournal(operation: OperationSummary, records: readonly JournalRecord[]): string {
  const head = `${operation.id}  ${operation.kind} on ${operation.target} by ${operation.owner}: ${operation.outcome ?? 'unfinished'}`
  return [head, ...records.map((record) => showRecord(record))].join('\n')
}

/** One line a record; proofs are shown as they were written. */
export function showRecord({at, type, data}: JournalRecord): string {
  return `  ${at.slice(11, 23)}  ${type.padEnd(11)}  ${shorten(JSON.stringify(data))}`
}

function shorten(text: string): string {
  return text.length > 160 ? `${text.slice(0, 157)}…` : text
}
