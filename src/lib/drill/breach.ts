import type {Looked} from './looked.ts'
import type {Guards} from './format/types.ts'

/**
 * Why a run has to stop, when a claim is bad for longer than its guard allows. A blip is no breach.
 *
 * @param inARow the looks at it since the last good one.
 */
export function breachOf(
  inARow: readonly Looked[],
  {forSeconds}: Guards['stop'][number],
): string | undefined {
  const [first] = inARow
  const last = inARow.at(-1)
  if (!first || !last || last.to - first.from < forSeconds) return undefined
  return `${last.probe} was bad for ${(last.to - first.from).toFixed(1)} s (limit ${forSeconds} s): ${last.said}`
}
