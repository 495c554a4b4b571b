import {setTimeout as sleep} from 'node:timers/promises'

import {openApplication, type Endpoint, type Login} from '../drivers/application/session.ts'
import {nowMs} from './load-ledger.ts'
import type {ProbeTable, RowRange} from './load-verdict.ts'

/** A member of the cluster as the machine that runs the lab reaches it. */
export interface Member extends Endpoint {
  readonly name: string
}

const patience = {connectMs: 2000, answerMs: 60_000}

/**
 * Reads the rows of one load from the writable member, asking all members, until exactly one accepts writes or the
 * time is over; more than one is an answer too, and a bad one.
 *
 * @returns undefined when no member accepted writes in time.
 */
export async function readTable(
  members: readonly Member[],
  login: Login,
  run: string,
  timeoutSeconds: number,
): Promise<ProbeTable | undefined> {
  const deadlineMs = nowMs() + timeoutSeconds * 1000
  for (;;) {
    const answers = await Promise.all(members.map((member) => readMember(member, login, run)))
    const writable = answers.filter((answer) => answer !== undefined)
    const [first] = writable
    if (first !== undefined) return {writable: writable.map(({name}) => name), rows: first.rows}
    if (nowMs() > deadlineMs) return undefined
    await sleep(200)
  }
}

// The table itself is read, not its index: an index that lost an entry would hide a row that is there twice.
const readHeap = ['enable_indexscan', 'enable_indexonlyscan', 'enable_bitmapscan'].map(
  (name) => `set ${name} = off`,
)

const rowRanges = `
  with counted as (select writer, n, count(*) as copies from pp.probe where starts_with(writer, $1) group by writer, n),
    numbered as (select *, n - row_number() over (partition by writer order by n) as range from counted)
  select writer, min(n)::float8 as first, max(n)::float8 as last, (sum(copies) - count(*))::float8 as extra
  from numbered group by writer, range`

async function readMember(
  member: Member,
  login: Login,
  run: string,
): Promise<{readonly name: string; readonly rows: readonly RowRange[]} | undefined> {
  const never = new AbortController().signal
  const session = await openApplication(member, login, patience, never).catch(() => undefined)
  if (session === undefined) return undefined
  try {
    if (await session.isReadOnly()) return undefined
    for (const setting of readHeap) await session.query(setting)
    const rows = await session.query<{writer: string; first: number; last: number; extra: number}>(
      rowRanges,
      [`${run}-`],
    )
    return {name: member.name, rows}
  } catch {
    return undefined
  } finally {
    session.destroy()
  }
}
