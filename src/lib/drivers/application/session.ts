import {Socket} from 'node:net'

import pg from 'pg'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface Login {
  readonly user: string
  readonly password: string
  readonly database: string
}

export interface Patience {
  /** Until a host that does not answer at all is given up; one that holds the login back (a paused pooler) is not. */
  readonly connectMs: number
  /** Until a login or statement without an answer is given up; the statement's fate is then unknown. */
  readonly answerMs: number
}

/** A database connection as an application has it: no protection by `pp`, one INSERT a transaction. */
export interface ApplicationSession {
  /** True once the connection is known to be gone; nothing is sent then. */
  readonly isLost: boolean
  /** Resolves when the server has acknowledged the commit. @throws what `pg` throws; see `fateOfSent`. */
  insert(writer: string, n: number): Promise<void>
  isReadOnly(): Promise<boolean>
  query<R extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly R[]>
  /** Ends the connection without waiting for anybody. */
  destroy(): void
}

/**
 * @param giveUp ends the connection at whatever point it is.
 * @throws what `pg` or the socket throws when no connection came about; nothing was sent then.
 */
export async function openApplication(
  to: Endpoint,
  login: Login,
  patience: Patience,
  giveUp: AbortSignal,
): Promise<ApplicationSession> {
  const socket = new Socket()
  const destroy = () => void socket.destroy()
  giveUp.addEventListener('abort', destroy)
  socket.once('close', () => giveUp.removeEventListener('abort', destroy))
  const client = new pg.Client({
    ...to,
    ...login,
    stream: () => socket,
    application_name: 'pp lab load',
    connectionTimeoutMillis: patience.connectMs + patience.answerMs,
    query_timeout: patience.answerMs,
  })
  let isLost = false
  client.on('error', () => (isLost = true))
  client.on('end', () => (isLost = true))
  giveUpSilentHost(socket, to, patience.connectMs)
  try {
    await client.connect()
  } catch (error) {
    socket.destroy()
    throw error
  }
  return {
    get isLost() {
      return isLost || socket.destroyed || !socket.writable
    },
    async insert(writer, n) {
      await client.query('insert into pp.probe (writer, n) values ($1, $2)', [writer, n])
    },
    async isReadOnly() {
      const {rows} = await client.query<{transaction_read_only: string}>('show transaction_read_only')
      return rows[0]?.transaction_read_only !== 'off'
    },
    async query<R extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) {
      return (await client.query<R>(sql, [...values])).rows
    },
    destroy,
  }
}

function giveUpSilentHost(socket: Socket, {host, port}: Endpoint, connectMs: number): void {
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error(`${host}:${port} does not answer`), {code: 'ETIMEDOUT'}))
  }, connectMs)
  socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
}
