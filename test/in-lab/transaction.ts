import {openSql} from '../../src/lib/drivers/postgres/open-sql.ts'
import {labPlace} from '../../src/lib/lab/load-place.ts'
import {findHost, requireRecord} from '../../src/lib/lab/state.ts'
import {lab} from './lab.ts'

/** A client that begins a transaction through a pooler, writes nothing more, and keeps it. */
export async function openTransaction(pooler: string): Promise<{readonly end: () => Promise<void>}> {
  const {login} = await labPlace(lab)
  const session = await openSql({
    host: findHost(await requireRecord(lab), pooler).ip,
    port: 6432,
    user: login.user,
    password: login.password,
    database: login.database,
    tls: {mode: 'disable'},
    applicationName: 'report',
    isPooled: true,
  })
  await session.query('begin')
  await session.query('select 1')
  return {end: () => session.close()}
}
