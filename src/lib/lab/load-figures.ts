import type {LedgerEntry} from './load-ledger.ts'

/** What clients saw within a stretch of time. */
export interface LoadFigures {
  readonly acknowledged: number
  readonly failed: number
  readonly unknown: number
  /** Longest time without an acknowledged commit over all clients together; the write gap. */
  readonly longestGapMs: number
  /** Longest time one client waited from wanting to write to its next acknowledgement, errors on the way included. */
  readonly longestWaitMs: number
}

export interface Stretch {
  readonly fromMs: number
  readonly toMs: number
}

/** Writers of this kind are one short-lived client an entry, so their waits do not add up. */
export const newClientsWriter = (run: string): string => `${run}-new`
export const isShortLived = ({writer}: LedgerEntry): boolean => writer.endsWith('-new')

/**
 * Figures of the entries that ended within the stretch; a gap or wait counts when any part of it lies within.
 *
 * Entries may come from several ledgers, in any order.
 */
export function figuresOf(entries: readonly LedgerEntry[], stretch: Stretch): LoadFigures {
  const ordered = entries.toSorted((a, b) => a.endedMs - b.endedMs)
  const within = ordered.filter(({endedMs}) => endedMs >= stretch.fromMs && endedMs <= stretch.toMs)
  return {
    ...countFates(within),
    longestGapMs: round(longestGap(ordered, stretch)),
    longestWaitMs: round(longestWait(ordered, stretch)),
  }
}

const round = (ms: number): number => Number(ms.toFixed(1))

export function countFates(entries: readonly LedgerEntry[]): Record<LedgerEntry['fate'], number> {
  const counts = {acknowledged: 0, failed: 0, unknown: 0}
  for (const {fate} of entries) counts[fate] += 1
  return counts
}

/** Time before the first acknowledgement of all is start-up; time after the last one, up to the end, is a gap. */
function longestGap(ordered: readonly LedgerEntry[], {fromMs, toMs}: Stretch): number {
  let longest = 0
  let previous: number | undefined
  for (const {fate, endedMs} of ordered) {
    if (fate !== 'acknowledged') continue
    if (previous !== undefined && endedMs > fromMs && previous < toMs)
      longest = Math.max(longest, endedMs - previous)
    previous = endedMs
  }
  return previous !== undefined && previous < toMs ? Math.max(longest, toMs - previous) : longest
}

function longestWait(ordered: readonly LedgerEntry[], {fromMs, toMs}: Stretch): number {
  const waitingSince = new Map<string, number>()
  let longest = 0
  for (const entry of ordered) {
    const since = waitingSince.get(entry.writer) ?? entry.startedMs
    if (entry.endedMs > fromMs && since < toMs) longest = Math.max(longest, entry.endedMs - since)
    if (isShortLived(entry)) continue
    if (entry.fate === 'acknowledged') waitingSince.delete(entry.writer)
    else waitingSince.set(entry.writer, since)
  }
  return longest
}
