import {createHash} from 'node:crypto'

import type {Database, Transaction} from './database.ts'
import {ServiceError} from './errors.ts'

/** What was answered, and is answered again. */
export interface Answer<Body> {
  readonly statusCode: number
  readonly body: Body
}

export interface OnceRequest {
  /** The schema that holds the table `idempotency`, made by the service's first migration. */
  readonly schema: string
  /** The header `Idempotency-Key`; without one it is done again each time. */
  readonly key: string | undefined
  readonly owner: string
  /** What is asked: method, route and body. The same key with something else is a mistake of the caller. */
  readonly request: unknown
}

/**
 * Does a write once for a key, however often it is asked for: the answer is kept in the transaction that did it, and a second
 * request waits for the first.
 * @throws ServiceError KEY_REUSED (422)
 */
export function once<Body>(
  database: Database,
  {schema, key, owner, request}: OnceRequest,
  work: (transaction: Transaction) => Promise<Answer<Body>>,
): Promise<Answer<Body>> {
  if (key === undefined) return database.transaction(work)
  const hash = createHash('sha256').update(JSON.stringify(request)).digest('hex')
  return database.transaction(
    async (transaction) => {
      // The placeholder makes a second request with this key wait here until this one has committed.
      const [fresh] = await transaction.query(
        `insert into ${schema}.idempotency (owner, key, request_hash, status_code, body) values ($1, $2, $3, 0, 'null')
         on conflict do nothing returning key`,
        [owner, key, hash],
      )
      if (!fresh) return answered<Body>(transaction, {schema, key, owner}, hash)
      const answer = await work(transaction)
      await transaction.query(
        `update ${schema}.idempotency set status_code = $3, body = $4 where owner = $1 and key = $2`,
        [owner, key, answer.statusCode, JSON.stringify(answer.body)],
      )
      return answer
    },
    {isRepeatable: true},
  )
}

async function answered<Body>(
  transaction: Transaction,
  {schema, key, owner}: Pick<OnceRequest, 'schema' | 'key' | 'owner'>,
  hash: string,
): Promise<Answer<Body>> {
  const [row] = await transaction.query<{request_hash: string; status_code: number; body: Body}>(
    `select request_hash, status_code, body from ${schema}.idempotency where owner = $1 and key = $2`,
    [owner, key],
  )
  // Removed between the two statements by the clearing of old keys: as good as a conflict, which is tried anew.
  if (!row) throw new ServiceError(409, 'KEY_EXPIRED', 'This Idempotency-Key has expired; use a new one.')
  if (row.request_hash !== hash)
    throw new ServiceError(422, 'KEY_REUSED', 'This Idempotency-Key was used for another request.')
  return {statusCode: row.status_code, body: row.body}
}
