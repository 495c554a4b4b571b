/** The candidate that differs from the word by the fewest typing errors; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({candidate, errors: distance(word.toLowerCase(), candidate.toLowerCase())}))
    .toSorted((a, b) => a.errors - b.errors)
  const [best] = ranked
  return best && best.errors <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}

// A word that was cut short is as near as one with a single error.
function distance(word: string, candidate: string): number {
  return word.length > 2 && candidate.startsWith(word) ? 1 : typingErrors(word, candidate)
}

// Optimal string alignment: insertions, deletions, replacements and swapped neighbours each count as one.
function typingErrors(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({length: b.length + 1}, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swapped = isSwap ? at(beforePrevious, column - 2) + 1 : Infinity
      current.push(Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1, swapped))
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, b.length)
}

const at = (numbers: readonly number[], index: number): number => numbers[index] ?? Infinity
