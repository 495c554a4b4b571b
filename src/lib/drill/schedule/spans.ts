/** Neighbours put together: 1, 2, 3, 5 are 1 to 3 and 5 to 5. */
export function spansOf(values: readonly number[]): (readonly [number, number])[] {
  const starts = values.filter((value) => !values.includes(value - 1))
  return starts.map((start) => {
    let end = start
    while (values.includes(end + 1)) end++
    return [start, end]
  })
}
