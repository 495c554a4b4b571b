export interface Spread {
  readonly min: number
  readonly median: number
  /** Nearest rank: of 20 values the 19th. */
  readonly p95: number
  readonly max: number
}

/** Of one value or more. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number) => sorted[index] ?? Number.NaN
  const middle = sorted.length / 2
  return {
    min: at(0),
    median: Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle)),
    p95: at(Math.ceil(sorted.length * 0.95) - 1),
    max: at(sorted.length - 1),
  }
}

/** min / **median** / p95 / max, milliseconds. */
export function showSpread({min, median, p95, max}: Spread): string {
  const [a, b, c, d] = [min, median, p95, max].map((ms) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0)))
  return `${a} / **${b}** / ${c} / ${d}`
}
