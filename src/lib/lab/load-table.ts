import {setTimeout as sleep} from 'node:timers/promises'

import {openApplication, type Endpoint, type Login} from '../drivers/application/session.ts'
import {readRowRanges, type RowRange} from '../drivers/application/row-ranges.ts'
import {nowMs} from './load-ledger.ts'
import type {ProbeTable} from './load-verdict.ts'

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
    const rows = await readRowRanges((sql, values) => session.query(sql, values), `${run}-`)
    return {name: member.name, rows}
  } catch {
    return undefined
  } finally {
    session.destroy()
  }
}
