import {setTimeout as sleep} from 'node:timers/promises'

import type * as z from 'zod'
import pg from 'pg'

import {ServiceError} from './errors.ts'
import {isAway, isConflict} from './database-errors.ts'
import type {databaseSettings} from './settings.ts'

export type Values = readonly unknown[]
export type Row = Record<string, unknown>

/** Inside a transaction. */
export interface Transaction {
  query<R extends Row = Row>(sql: string, values?: Values): Promise<R[]>
}

export interface Database {
  /** A read: repeated for as long as the database is away and the patience lasts. */
  read<R extends Row = Row>(sql: string, values?: Values): Promise<R[]>
  /**
   * Everything or nothing. Begun anew when the connection breaks before COMMIT was sent, so `work` may run several times.
   * After that nobody knows whether it was committed: it is begun anew only when `isRepeatable` says that doing it twice is
   * doing it once (an idempotency key), else `OUTCOME_UNKNOWN`.
   * @throws ServiceError DATABASE_AWAY (503): nothing was changed; OUTCOME_UNKNOWN (503).
   */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options?: {isRepeatable?: boolean},
  ): Promise<T>
  /** @throws when it does not answer at once. */
  ping(): Promise<void>
  close(): Promise<void>
}

type Settings = z.output<typeof databaseSettings>

/** Made for a pooler in transaction mode: nothing that belongs to a session is used. */
export function createDatabase(
  settings: Settings,
  {name, onError}: {name: string; onError: (error: Error) => void},
): Database {
  const pool = new pg.Pool({
    connectionString: settings.DATABASE_URL,
    application_name: name,
    max: settings.DATABASE_CONNECTIONS,
    connectionTimeoutMillis: 2000,
    query_timeout: settings.DATABASE_PATIENCE_SECONDS * 1000 + 5000,
    keepAlive: true,
  })
  // An idle connection that breaks is replaced by the next use.
  pool.on('error', onError)
  const patient = <T>(attempt: () => Promise<T>) =>
    withPatience(attempt, settings.DATABASE_PATIENCE_SECONDS * 1000)
  return {
    read: <R extends Row>(sql: string, values: Values = []) =>
      patient(async () => (await pool.query<R>(sql, [...values])).rows),
    transaction: (work, {isRepeatable = false} = {}) =>
      patient(() => inTransaction(pool, work, isRepeatable)),
    async ping() {
      const client = new pg.Client({
        connectionString: settings.DATABASE_URL,
        application_name: `${name} readiness`,
        connectionTimeoutMillis: 1000,
        query_timeout: 1000,
      })
      client.on('error', () => undefined)
      try {
        await client.connect()
        await client.query('select 1')
      } finally {
        // One that has not come to anything would be waited for.
        void client.end().catch(() => undefined)
      }
    },
    close: () => pool.end(),
  }
}

async function inTransaction<T>(
  pool: pg.Pool,
  work: (transaction: Transaction) => Promise<T>,
  isRepeatable: boolean,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const notice = (error: Error) => (broken = error)
  client.on('error', notice)
  let isCommitSent = false
  try {
    await client.query('begin')
    const result = await work({
      query: async <R extends Row>(sql: string, values: Values = []) =>
        (await client.query<R>(sql, [...values])).rows,
    })
    failOn(broken)
    isCommitSent = true
    const {command} = await client.query('commit')
    // PostgreSQL's answer to the COMMIT of a transaction in which a statement failed.
    if (command === 'ROLLBACK') throw new Error('A statement failed and was passed over; nothing was saved.')
    return result
  } catch (error) {
    if (isAway(error)) broken = error as Error
    else await client.query('rollback').catch((rollback: unknown) => (broken = rollback as Error))
    if (isCommitSent && isAway(error) && !isRepeatable)
      throw new ServiceError(
        503,
        'OUTCOME_UNKNOWN',
        'The database went away while this was being saved. Look whether it was, before you repeat it.',
        {cause: error},
      )
    throw error
  } finally {
    client.off('error', notice)
    client.release(broken)
  }
}

/** A connection that broke while nothing was asked by it: COMMIT, which could not be sent, would leave a doubt. */
function failOn(broken: Error | undefined): void {
  if (broken) throw broken
}

/** @throws ServiceError DATABASE_AWAY (503) when the database does not come back in time. */
async function withPatience<T>(attempt: () => Promise<T>, patienceMs: number): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    try {
      return await attempt()
    } catch (error) {
      if (!isAway(error) && !isConflict(error)) throw error
      if (performance.now() + pauseMs > deadline) throw away(error)
      // Not all at once, when it is back.
      await sleep(pauseMs * (0.5 + Math.random()))
    }
  }
}

const away = (cause: unknown) =>
  new ServiceError(503, 'DATABASE_AWAY', 'The database does not answer; nothing was changed. Try again.', {
    cause,
  })
