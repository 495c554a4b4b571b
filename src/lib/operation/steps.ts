import type {JournalRecord} from './journal.ts'

/** Whether a record of a journal tells this of a step of one of these kinds. */
export const isStep =
  (type: 'step-intent' | 'step-done', ...kinds: readonly string[]) =>
  (record: JournalRecord): boolean =>
    record.type === type && kinds.includes((record.data as {kind?: string} | null)?.kind ?? '')

/** What the last step of this kind has proved; undefined when none was done. */
export function proofOf(records: readonly JournalRecord[], kind: string): unknown {
  const done = records.findLast(isStep('step-done', kind))
  return (done?.data as {proof?: unknown} | undefined)?.proof
}
