import {isNativeError} from 'node:util/types'

import pg from 'pg'

/**
 * SQLSTATEs of a server or a pooler that is not there for us now: connection lost (08), starting, stopping, no connection left, a
 * primary that has become a standby.
 */
const awayCodes = /^(08...|57P0[1-5]|53300|25006)$/

const awaySystemErrors = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  // A name of Kubernetes that has nobody behind it for a moment.
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** What pg throws without a code: its own connection is gone, was not made in time, or nobody answers by it any more. */
const awayMessages =
  /^(Connection terminated|Query read timeout|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/

/** The database is not reachable or may not be written now; the same may work later. */
export function isAway(error: unknown): boolean {
  if (!isNativeError(error)) return false
  if (error instanceof pg.DatabaseError) return awayCodes.test(error.code ?? '')
  const {code} = error as NodeJS.ErrnoException
  return (code !== undefined && awaySystemErrors.has(code)) || awayMessages.test(error.message)
}

/** Two transactions were in each other's way, and this one lost: it may be begun anew. */
export function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01')
}

/** The name of the constraint that a row would have violated by not being unique. */
export function violatedUniqueness(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code === '23505' ? error.constraint : undefined
}
