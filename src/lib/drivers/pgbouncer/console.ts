import {unavailableError, type PpError} from '../../errors.ts'
import {connectClient, type ConnectedClient} from '../postgres/client.ts'
import {SqlFailure} from '../postgres/errors.ts'
import {queryFailure} from '../postgres/errors.ts'
import type {HostConnection} from '../ssh/types.ts'
import type {PoolerAddress, PoolerCredential} from './types.ts'

/** A row as PgBouncer sends it: every value as text, null where it has none. */
export type ConsoleRow = Readonly<Record<string, string | null>>

/**
 * One session with PgBouncer's `pgbouncer` database. It understands the simple protocol only, one command at a time;
 * a command that waits (PAUSE) holds up the ones behind it.
 */
export class Console {
  readonly #where: string
  readonly #connected: ConnectedClient
  #last: Promise<unknown> = Promise.resolve()

  constructor(where: string, connected: ConnectedClient) {
    this.#where = where
    this.#connected = connected
  }

  get lost(): AbortSignal {
    return this.#connected.lost
  }

  /** @throws PpError POOLER_TIMED_OUT: the command goes on, and the console waits with it; SqlFailure, SQL_LOST. */
  ask(command: string, seconds: number): Promise<readonly ConsoleRow[]> {
    const work = this.#last.then(() => this.#send(command))
    this.#last = work.catch(() => undefined)
    return this.#within(command, seconds, work)
  }

  /** Sends all at once, so that PgBouncer does nothing else between them; each is carried out whatever becomes of the others. */
  askTogether(
    commands: readonly string[],
    seconds: number,
  ): Promise<readonly PromiseSettledResult<readonly ConsoleRow[]>[]> {
    const work = this.#last.then(() => Promise.allSettled(commands.map((command) => this.#send(command))))
    this.#last = work
    return this.#within(commands.join('; '), seconds, work)
  }

  async #send(command: string): Promise<readonly ConsoleRow[]> {
    this.lost.throwIfAborted()
    try {
      return (await this.#connected.client.query<Record<string, string | null>>(command)).rows
    } catch (error) {
      throw queryFailure(this.#where, error)
    }
  }

  async #within<T>(command: string, seconds: number, work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      late.reject(timedOut(this.#where, command, seconds))
    }, seconds * 1000)
    try {
      work.catch(() => undefined)
      return await Promise.race([work, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  destroy(): void {
    this.#connected.destroy()
  }
}

/** Through the process's own Unix socket: TCP would reach any of several so_reuseport processes. */
export async function openConsole(
  connection: HostConnection,
  process: PoolerAddress,
  credential: PoolerCredential,
): Promise<Console> {
  const where = `PgBouncer ${process.name} on ${connection.host}`
  const stream = await connection.forwardSocket(`${process.socketDirectory}/.s.PGSQL.${process.port}`)
  const connected = await connectClient({
    where,
    host: process.socketDirectory,
    port: process.port,
    stream,
    ...credential,
    database: 'pgbouncer',
    tls: {mode: 'disable'},
    applicationName: 'pp',
    connectSeconds: 2,
    pipeline: true,
    parse: () => (text) => text,
  })
  return new Console(where, connected)
}

/** A name in a console command; unquoted ones may only have `[0-9a-z_]`. */
export function consoleName(name: string): string {
  if (name === '' || name.includes('\0')) throw new TypeError(`not a database name: ${JSON.stringify(name)}`)
  return `"${name.replaceAll('"', '""')}"`
}

/** PgBouncer tells its refusals apart by text only. */
export const isSaid = (error: unknown, pattern: RegExp): boolean =>
  error instanceof SqlFailure && pattern.test(error.message)

const timedOut = (where: string, command: string, seconds: number): PpError =>
  unavailableError('POOLER_TIMED_OUT', {
    message: `${where} has not answered ${command} within ${seconds} s.`,
    hint: 'pp status',
  })
