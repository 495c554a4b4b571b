import type {Duplex} from 'node:stream'
import pg from 'pg'
import {unavailableError} from '../../errors.ts'
import {connectFailure, sqlLost} from './errors.ts'
import {asPgStream, newSocket} from './stream.ts'
import {tlsOptions} from './tls.ts'
import type {TlsSettings} from './types.ts'

export interface ClientTarget {
  /** For messages: which server, which database. */
  readonly where: string
  readonly host: string
  readonly port: number
  readonly stream: Duplex | undefined
  readonly user: string
  readonly password: string
  readonly database: string
  readonly tls: TlsSettings
  readonly applicationName: string
  readonly connectSeconds: number
  readonly statementMilliseconds?: number
  /** Send a query while earlier ones are still unanswered. */
  readonly pipeline?: boolean
  /** Turns a column's text into a value, by the type's OID. */
  readonly parse: (oid: number) => (text: string) => unknown
}

export interface ConnectedClient {
  readonly client: pg.Client
  /** Aborts once, with the reason, when the connection has ended. */
  readonly lost: AbortSignal
  destroy(): void
}

/** Logs in, within one deadline for connecting, TLS and authentication. @throws PpError as `connectFailure` says. */
export async function connectClient(target: ClientTarget): Promise<ConnectedClient> {
  const ssl = await tlsOptions(target.tls, target.host)
  const stream = target.stream === undefined ? newSocket() : asPgStream(target.stream)
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    // An empty one would make pg look into PGPASSWORD and ~/.pgpass, which are the operator's own.
    password: () => target.password,
    database: target.database,
    ssl,
    application_name: target.applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    stream: () => stream,
    types: {getTypeParser: target.parse as never},
    pipeline: target.pipeline === true,
    ...(target.statementMilliseconds !== undefined && {statement_timeout: target.statementMilliseconds}),
  })
  forgetEnvironment(client)
  const lost = new AbortController()
  const destroy = (): void => {
    stream.destroy()
    lost.abort(sqlLost(target.where, new Error('closed by pp')))
  }
  client.on('error', (error) => {
    lost.abort(sqlLost(target.where, error))
  })
  client.on('end', () => {
    lost.abort(sqlLost(target.where, new Error('the server closed the connection')))
  })
  await login(target, client, destroy)
  return {client, lost: lost.signal, destroy}
}

async function login(target: ClientTarget, client: pg.Client, destroy: () => void): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(
      unavailableError('SQL_UNREACHABLE', {
        message: `${target.where} does not answer: no login within ${target.connectSeconds} s.`,
        hint: 'pp db status',
      }),
    )
  }, target.connectSeconds * 1000)
  const login = client.connect()
  login.catch(() => undefined)
  try {
    await Promise.race([login, late.promise])
  } catch (error) {
    destroy()
    throw connectFailure(target.where, target.user, error)
  } finally {
    clearTimeout(timer)
  }
}

/** PGOPTIONS and PGREPLICATION are meant for the operator's psql; pg would send them and has no setting against it. */
function forgetEnvironment(client: pg.Client): void {
  Object.assign(Reflect.get(client, 'connectionParameters') as object, {
    options: undefined,
    replication: undefined,
  })
}
