import {randomUUID} from 'node:crypto'

import type {SqlSession} from '../../drivers/postgres/types.ts'
import {messageOf} from '../../errors.ts'
import type {ProbeSpec} from '../format/types.ts'
import {isWithin, showTolerance} from './tolerance.ts'
import {bad, good, noData, type Look, type Vantage} from './vantage.ts'

/** One number from one row, through a pooler. */
export function lookBySql(
  {query, tolerance}: Extract<ProbeSpec, {type: 'sql'}>,
  vantage: Vantage,
): Promise<Look> {
  return throughPooler(vantage, async (session) => {
    const [row] = await session.query<Record<string, unknown>>(query)
    const value = Object.values(row ?? {})[0]
    const measured = value === null || value === undefined || value === '' ? Number.NaN : Number(value)
    if (Number.isNaN(measured)) return noData(row ? `no number: ${String(value)}` : 'no row')
    return isWithin(measured, tolerance)
      ? good(String(measured))
      : bad(`${measured}, wanted ${showTolerance(tolerance)}`)
  })
}

/** A row that is written through a pooler and acknowledged; the same transaction takes it away. */
export function lookByMarker(vantage: Vantage): Promise<Look> {
  const writer = `look-${randomUUID()}`
  return throughPooler(vantage, async (session) => {
    await session.query(
      `insert into pp.probe (writer, n) values ('${writer}', 1); delete from pp.probe where writer = '${writer}'`,
    )
    return good('a write was acknowledged')
  })
}

/** As clients do: the next pooler when one does not let them in. */
async function throughPooler(vantage: Vantage, look: (session: SqlSession) => Promise<Look>): Promise<Look> {
  const {openSql} = await import('../../drivers/postgres/open-sql.ts')
  const login = await vantage.login()
  const refusals: string[] = []
  for (const {host, port} of vantage.poolers) {
    let session: SqlSession
    try {
      session = await openSql({
        host,
        port,
        stream: await vantage.connect(host, port),
        ...login,
        database: vantage.database,
        tls: {mode: 'disable'}, // inside the SSH connection
        applicationName: 'pp drill',
        isPooled: true,
      })
    } catch (error) {
      refusals.push(`${host}: ${messageOf(error)}`)
      continue
    }
    try {
      return await look(session)
    } finally {
      session.destroy()
    }
  }
  return bad(refusals.join('; ') || 'the database has no pooler')
}
