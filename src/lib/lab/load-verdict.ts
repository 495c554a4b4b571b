import {rowLookup, type RowRange} from '../drivers/application/row-ranges.ts'
import type {Outcome} from '../outcome.ts'
import {countFates, figuresOf, type LoadFigures} from './load-figures.ts'
import type {LedgerEntry} from './load-ledger.ts'

/** The table as it was read when the load had ended. */
export interface ProbeTable {
  /** Members that accept writes; the rows are those of the first. */
  readonly writable: readonly string[]
  readonly rows: readonly RowRange[]
}

/** What clients saw, compared with what the table holds. */
export interface LoadVerdict extends LoadFigures {
  readonly schemaVersion: 1
  readonly outcome: Extract<Outcome, 'done' | 'degraded' | 'human' | 'inconclusive'>
  readonly seconds: number
  /** Acknowledged and not in the table. */
  readonly lost: number
  /** In the table more than once. */
  readonly duplicated: number
  /** Of the unknown ones: in the table after all. A client that retries blindly would write these twice. */
  readonly unknownPresent: number
  /** Reported as failed and yet in the table: 0, or a client was told something false. */
  readonly failedPresent: number
  /** Members that accepted writes when the table was read; empty when it could not be read. */
  readonly writable: readonly string[]
  /** Up to ten of the lost rows, `writer/n`. */
  readonly lostRows: readonly string[]
  /** What went wrong how often, most frequent first. */
  readonly errors: readonly {readonly code: string; readonly count: number}[]
  /** The ledger, kept where there is something to look at. */
  readonly ledger?: string
}

/** Compares the ledger with the table; without a table nothing can be said about loss. */
export function judge(
  entries: readonly LedgerEntry[],
  table: ProbeTable | undefined,
  endMs: number,
): LoadVerdict {
  const startMs = entries.reduce((least, {startedMs}) => Math.min(least, startedMs), endMs)
  // Gaps end when the load was told to; what was under way then was still waited for, and counts.
  const figures = {...figuresOf(entries, {fromMs: startMs, toMs: endMs}), ...countFates(entries)}
  const isPresent = rowLookup(table?.rows ?? [])
  const present = (fate: LedgerEntry['fate']) =>
    entries.filter((entry) => entry.fate === fate && isPresent(entry))
  const lost = table ? entries.filter((entry) => entry.fate === 'acknowledged' && !isPresent(entry)) : []
  const found = {
    lost: lost.length,
    duplicated: table?.rows.reduce((sum, {extra}) => sum + extra, 0) ?? 0,
    unknownPresent: present('unknown').length,
    failedPresent: present('failed').length,
    writable: table?.writable ?? [],
  }
  return {
    schemaVersion: 1,
    outcome: outcomeOf({...figures, ...found}),
    seconds: Number(((endMs - startMs) / 1000).toFixed(3)),
    ...figures,
    ...found,
    lostRows: lost.slice(0, 10).map(({writer, n}) => `${writer}/${n}`),
    errors: countErrors(entries),
  }
}

type Facts = LoadFigures & Pick<LoadVerdict, 'lost' | 'duplicated' | 'failedPresent' | 'writable'>

function outcomeOf(facts: Facts): LoadVerdict['outcome'] {
  if (facts.writable.length > 1 || facts.lost + facts.duplicated + facts.failedPresent > 0) return 'human'
  if (facts.writable.length === 0 || facts.acknowledged === 0) return 'inconclusive'
  return facts.failed + facts.unknown > 0 ? 'degraded' : 'done'
}

function countErrors(entries: readonly LedgerEntry[]): LoadVerdict['errors'] {
  const counts = new Map<string, number>()
  for (const {code} of entries) if (code !== undefined) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts].map(([code, count]) => ({code, count})).sort((a, b) => b.count - a.count)
}
