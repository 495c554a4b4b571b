import type {Looked} from '../looked.ts'
import type {ProbeSpan} from './report-types.ts'

/** Of so many paces without a look nothing is known. */
const holePaces = 3

/**
 * What each probe said when, neighbours of the same state in one, in the order of time. A state holds until the next look
 * began.
 *
 * @param paces each probe's pace in seconds.
 */
export function spansOf(
  looks: readonly Looked[],
  paces: Readonly<Record<string, number>>,
): readonly ProbeSpan[] {
  const byProbe = Map.groupBy(looks, ({probe}) => probe)
  return [...byProbe]
    .flatMap(([probe, own]) => spansOfOne(own, (paces[probe] ?? Infinity) * holePaces))
    .sort((a, b) => a.from - b.from)
}

function spansOfOne(looks: readonly Looked[], holeSeconds: number): readonly ProbeSpan[] {
  const spans: ProbeSpan[] = []
  const add = (span: ProbeSpan) => {
    const last = spans.at(-1)
    if (last?.state === span.state) spans.splice(-1, 1, {...last, to: span.to})
    else spans.push(span)
  }
  const ordered = looks.toSorted((a, b) => a.from - b.from)
  // Looks may overlap: one that hangs ends after many later ones.
  let known = -Infinity
  for (const [index, {probe, from, to, state}] of ordered.entries()) {
    known = Math.max(known, to)
    const next = ordered[index + 1]?.from
    const isFollowed = next !== undefined && next - known <= holeSeconds
    add({probe, from, to: isFollowed ? next : known, state})
    if (next !== undefined && !isFollowed) add({probe, from: known, to: next, state: 'no-data'})
  }
  return spans
}
