/** Rows `first` to `last` of one writer, all there; `extra` counts the copies beyond one each. */
export interface RowRange {
  readonly writer: string
  readonly first: number
  readonly last: number
  readonly extra: number
}

/** Runs one statement; every session of `pp` has one like it. */
export type Query = <R extends Record<string, unknown>>(
  sql: string,
  values?: readonly unknown[],
) => Promise<readonly R[]>

/** Which numbered rows `pp.probe` holds of the writers whose names begin so. */
export async function readRowRanges(query: Query, writers: string): Promise<readonly RowRange[]> {
  await query('begin')
  try {
    for (const setting of readHeap) await query(setting)
    return await query<RowRange & Record<string, unknown>>(rowRanges, [writers])
  } finally {
    await query('rollback').catch(() => undefined)
  }
}

// The table itself is read, not its index: an index that lost an entry would hide a row that is there twice.
const readHeap = ['enable_indexscan', 'enable_indexonlyscan', 'enable_bitmapscan'].map(
  (name) => `set local ${name} = off`,
)

const rowRanges = `
  with counted as (select writer, n, count(*) as copies from pp.probe where starts_with(writer, $1) group by writer, n),
    numbered as (select *, n - row_number() over (partition by writer order by n) as range from counted)
  select writer, min(n)::float8 as first, max(n)::float8 as last, (sum(copies) - count(*))::float8 as extra
  from numbered group by writer, range`

/** Tells of a row whether it is in one of the ranges. */
export function rowLookup(
  rows: readonly RowRange[],
): (row: {readonly writer: string; readonly n: number}) => boolean {
  const byWriter = Map.groupBy(rows, ({writer}) => writer)
  const sorted = new Map(
    [...byWriter].map(([writer, list]) => [writer, list.toSorted((a, b) => a.first - b.first)]),
  )
  return ({writer, n}) => {
    const ranges = sorted.get(writer) ?? []
    const range = ranges[lastAtOrBelow(ranges, n)]
    return range !== undefined && n <= range.last
  }
}

/** Index of the last range that begins at or below n, or -1. */
function lastAtOrBelow(ranges: readonly RowRange[], n: number): number {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle]?.first ?? Infinity) <= n) low = middle + 1
    else high = middle
  }
  return low - 1
}
