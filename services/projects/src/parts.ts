import {once, type Answer, type Database, type Storage, type Transaction, type User} from '@pixelpulse/common'
import type {FastifyRequest} from 'fastify'
import type {Counter} from 'prom-client'
import * as z from 'zod'

import type {ProjectsSettings} from './settings.ts'

/** What the routes work with. */
export interface Parts {
  readonly settings: ProjectsSettings
  readonly database: Database
  readonly storage: Storage
  readonly saves: Counter<'outcome'>
}

export const idParams = z.object({id: z.uuid()})
export const keyHeaders = z.object({'idempotency-key': z.string().min(8).max(200).optional()})

/** A write that is done once for an Idempotency-Key of this user. */
export function write<Body>(
  database: Database,
  request: FastifyRequest<{Headers: z.output<typeof keyHeaders>}> & {readonly user: User},
  work: (transaction: Transaction) => Promise<Answer<Body>>,
): Promise<Answer<Body>> {
  const {method, url, body, user} = request
  const key = request.headers['idempotency-key']
  return once(database, {schema: 'projects', key, owner: user.id, request: {method, url, body}}, work)
}
