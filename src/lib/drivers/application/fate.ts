import pg from 'pg'

/**
 * What became of one transaction, as its client knows it.
 *
 * `acknowledged`: the server said it is committed. `failed`: it surely did not happen. `unknown`: it was sent and
 * no answer came, so the row may be there; only the table can tell.
 */
export type Fate = 'acknowledged' | 'failed' | 'unknown'

/**
 * What PgBouncer says to a client whose statement it has never passed to a server. It ends the connection with these,
 * under the same SQLSTATE 08P01 as when a server was lost in the middle of a statement. The outside prober has the same
 * rules (`pp_probe/fate.py`); what is changed here is changed there.
 */
const neverForwarded = [
  /^query_wait_timeout/u,
  /^client_login_timeout/u,
  /^server login has been failing/u,
  /^pgbouncer cannot connect to server/u,
  /^no such database/u,
  /^database .* is disabled/u,
  /^no more connections allowed/u,
]

/**
 * Whether a statement that was sent and ended in this error surely did not happen.
 *
 * An ERROR rolls a transaction of one statement back. A connection that ends, also with a FATAL message, leaves it
 * open: the server may have committed and died before it could say so.
 */
export function fateOfSent(error: unknown): 'failed' | 'unknown' {
  if (!(error instanceof pg.DatabaseError)) return 'unknown'
  if (neverForwarded.some((pattern) => pattern.test(error.message))) return 'failed'
  const connectionLost = error.code?.startsWith('08') === true || error.code === '40003'
  return error.severity === 'ERROR' && !connectionLost ? 'failed' : 'unknown'
}

/** SQLSTATE, system error code or the client's own word; never a message, which may hold data. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  if (!(error instanceof Error)) return 'ERROR'
  return 'code' in error && typeof error.code === 'string' ? error.code : 'CONNECTION_LOST'
}
