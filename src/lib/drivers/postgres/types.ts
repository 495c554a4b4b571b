import type {Duplex} from 'node:stream'

/** One session; queries run one after another in the order they were asked. */
export interface SqlSession {
  /**
   * Runs one statement. int8, numeric and pg_lsn come as text; int2, int4 and oid as numbers; timestamps as text.
   * The caller parses what it gets: R is a claim, not a check.
   *
   * @throws PpError SQL_TIMED_OUT: the statement was cancelled or the session given up; a write may have been done.
   * @throws PpError SQL_LOST: the connection ended first; a write may have been done.
   * @throws SqlFailure: the server refused the statement; nothing of it was done.
   */
  query<R>(sql: string, values?: readonly unknown[], options?: QueryOptions): Promise<readonly R[]>
  /** Says goodbye to the server. Never throws. */
  close(): Promise<void>
  /** Drops the connection at once. */
  destroy(): void
  /** Aborts once, with the reason, when the session has ended, whoever ended it. */
  readonly lost: AbortSignal
}

export interface QueryOptions {
  /** Default: the session's `statementSeconds`. */
  readonly timeoutSeconds?: number
}

export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full'

export interface TlsSettings {
  readonly mode: TlsMode
  /** Certificate authority; the system's when undefined. */
  readonly caFile?: string | undefined
}

export interface SqlTarget {
  /** Name the certificate must carry in `verify-full`, and where to connect when there is no stream. */
  readonly host: string
  readonly port: number
  /** An open connection to the server, such as a forwarded one. */
  readonly stream?: Duplex | undefined
  readonly user: string
  readonly password: string
  readonly database: string
  readonly tls: TlsSettings
  readonly applicationName: string
  /** Through a pooler: no settings are sent, only the client's own deadline applies. */
  readonly isPooled?: boolean
  /** Default 2. */
  readonly connectSeconds?: number
  /** Default deadline of a statement; default 10. */
  readonly statementSeconds?: number
}
