import {deniedError, messageOf, PpError, unavailableError} from '../../errors.ts'

/** The server refused a statement; nothing of it was done. */
export class SqlFailure extends PpError {
  /** Five characters, such as 42501. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string

  constructor(where: string, sqlState: string, said: string, cause: unknown) {
    const isForbidden = sqlState === '42501'
    super(isForbidden ? 'denied' : 'refused', isForbidden ? 'SQL_DENIED' : 'SQL_FAILED', {
      message: `${where}: ${said} (SQLSTATE ${sqlState})`,
      hint: 'pp db status',
      cause,
    })
    this.sqlState = sqlState
  }
}

/** True for a server that does not answer, or not yet: for callers that show it and go on without it. */
export function isSqlUnreachable(error: unknown): boolean {
  return error instanceof PpError && ['SQL_UNREACHABLE', 'SQL_NOT_READY', 'SQL_LOST'].includes(error.code)
}

/** Why no session could be opened. */
export function connectFailure(where: string, user: string, error: unknown): PpError {
  if (error instanceof PpError) return error
  const said = messageOf(error)
  const sqlState = sqlStateOf(error)
  if (sqlState?.startsWith('28') || said.startsWith('SASL')) {
    const message = `${where} does not let ${user} in: ${said}`
    return deniedError('SQL_LOGIN_DENIED', {message, hint: 'pp config explain', cause: error})
  }
  if (sqlState === '57P03' || sqlState === '53300') {
    return unavailableError('SQL_NOT_READY', {
      message: `${where}: ${said}`,
      hint: 'pp db status',
      cause: error,
    })
  }
  if (sqlState !== undefined) return new SqlFailure(where, sqlState, said, error)
  if (isTlsProblem(error)) {
    const message = `${where}: no TLS connection as configured: ${said}`
    return deniedError('SQL_TLS_FAILED', {message, hint: 'pp config explain', cause: error})
  }
  return unavailableError('SQL_UNREACHABLE', {
    message: `${where} does not answer: ${said}`,
    hint: 'pp db status',
    cause: error,
  })
}

/** Why a statement gave no rows. A FATAL error (57P01: ended by an administrator …) ends the session, too. */
export function queryFailure(where: string, error: unknown): PpError {
  if (error instanceof PpError) return error
  const sqlState = sqlStateOf(error)
  if (sqlState === undefined || isFatal(error)) return sqlLost(where, error)
  return new SqlFailure(where, sqlState, messageOf(error), error)
}

export const sqlLost = (where: string, cause: unknown): PpError =>
  unavailableError('SQL_LOST', {
    message: `The session with ${where} has ended: ${messageOf(cause)}; what it was doing may have been done.`,
    hint: 'pp db status',
    cause,
  })

export const sqlTimedOut = (where: string, seconds: number, cause?: unknown): PpError =>
  unavailableError('SQL_TIMED_OUT', {
    message: `${where}: no result within ${seconds} s; it may have been done.`,
    hint: 'pp db status',
    cause,
  })

/** Only the server's own errors carry a severity; Node's have codes of five letters, too. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!Error.isError(error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

const isFatal = (error: unknown): boolean =>
  Error.isError(error) && 'severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC')

function isTlsProblem(error: unknown): boolean {
  if (!Error.isError(error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return (
    /^ERR_TLS|^ERR_SSL|CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(code) || /SSL|certificate/i.test(error.message)
  )
}
