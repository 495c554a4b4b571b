import {readRowRanges, type RowRange} from '../drivers/application/row-ranges.ts'
import type {SqlSession} from '../drivers/postgres/types.ts'

/** Which rows of a run's marker writer a member has; `session` is one of the database that the writer wrote to. */
export async function presentRows(session: SqlSession, run: string): Promise<readonly RowRange[]> {
  const writer = writerOf(run)
  const ranges = await readRowRanges((sql, values) => session.query(sql, values), writer)
  // Another run's name may begin with this one's.
  return ranges.filter((range) => range.writer === writer)
}

/** Takes the rows of a run away, once what they say is kept elsewhere. */
export async function removeRows(session: SqlSession, run: string): Promise<void> {
  await session.query('delete from pp.probe where writer = $1', [writerOf(run)])
}

/** As the prober names itself in `pp.probe`. */
const writerOf = (run: string): string => `drill-${run}`
