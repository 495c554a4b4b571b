import {connectClient, type ConnectedClient} from './client.ts'
import {queryFailure, sqlStateOf, sqlTimedOut} from './errors.ts'
import {parserFor} from './types-of-values.ts'
import type {QueryOptions, SqlSession, SqlTarget} from './types.ts'

/**
 * Opens a session, over a stream or by connecting to host and port.
 *
 * @throws PpError SQL_UNREACHABLE, SQL_NOT_READY (starting up, shutting down, no slot free; see `isSqlUnreachable`),
 *   SQL_LOGIN_DENIED, SQL_TLS_FAILED, TLS_CA_UNREADABLE; SqlFailure for what else the server refuses.
 */
export async function openSql(target: SqlTarget): Promise<SqlSession> {
  const statementSeconds = target.statementSeconds ?? 10
  const where = `${target.host} (database ${target.database})`
  const connected = await connectClient({
    ...target,
    where,
    stream: target.stream,
    connectSeconds: target.connectSeconds ?? 2,
    ...(target.isPooled ? {} : {statementMilliseconds: serverLimit(statementSeconds)}),
    parse: parserFor,
  })
  return new Session(where, connected, statementSeconds, target.isPooled === true)
}

/** The server's own limit comes a little before ours: then the session stays usable and nothing goes on over there. */
const serverLimit = (seconds: number): number =>
  Math.max(1, Math.round(Math.max(seconds * 800, seconds * 1000 - 100)))

class Session implements SqlSession {
  readonly #where: string
  readonly #connected: ConnectedClient
  readonly #statementSeconds: number
  readonly #isPooled: boolean
  #limit: number
  /** Ends with the query asked last, whatever came of it. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(where: string, connected: ConnectedClient, statementSeconds: number, isPooled: boolean) {
    this.#isPooled = isPooled
    this.#where = where
    this.#connected = connected
    this.#statementSeconds = statementSeconds
    this.#limit = serverLimit(statementSeconds)
  }

  get lost(): AbortSignal {
    return this.#connected.lost
  }

  query<R>(sql: string, values: readonly unknown[] = [], options: QueryOptions = {}): Promise<readonly R[]> {
    const work = this.#last.then(() =>
      this.#query<R>(sql, values, options.timeoutSeconds ?? this.#statementSeconds),
    )
    this.#last = work.catch(() => undefined)
    return work
  }

  async #query<R>(sql: string, values: readonly unknown[], seconds: number): Promise<readonly R[]> {
    this.lost.throwIfAborted()
    const startedAt = performance.now()
    try {
      return await this.#within(seconds, async () => {
        await this.#setLimit(serverLimit(seconds))
        const {client} = this.#connected
        const result = await (values.length > 0 ? client.query(sql, [...values]) : client.query(sql))
        return (
          Array.isArray(result) ? (result as {rows: R[]}[]).flatMap(({rows}) => rows) : result.rows
        ) as R[]
      })
    } catch (error) {
      const isOver = performance.now() - startedAt >= serverLimit(seconds)
      if (sqlStateOf(error) === '57014' && isOver) throw sqlTimedOut(this.#where, seconds, error)
      throw queryFailure(this.#where, error)
    }
  }

  async #setLimit(milliseconds: number): Promise<void> {
    // Behind a pooler a setting would stay on a server connection that other clients use next.
    if (this.#isPooled || milliseconds === this.#limit) return
    await this.#connected.client.query(`set statement_timeout = ${milliseconds}`)
    this.#limit = milliseconds
  }

  /** When the server's own limit does not come through, the server is silent and the session is of no use any more. */
  async #within<T>(seconds: number, work: () => Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      late.reject(sqlTimedOut(this.#where, seconds))
      this.destroy()
    }, seconds * 1000)
    try {
      const running = work()
      running.catch(() => undefined)
      return await Promise.race([running, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    if (this.lost.aborted) return
    const giveUp = setTimeout(() => {
      this.destroy()
    }, 500)
    try {
      await this.#connected.client.end()
    } catch {
      // It ends either way.
    } finally {
      clearTimeout(giveUp)
      this.destroy()
    }
  }

  destroy(): void {
    this.#connected.destroy()
  }
}
