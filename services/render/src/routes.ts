import {randomUUID} from 'node:crypto'

import {notFound, once, type App, type Database, type Row, type Storage} from '@pixelpulse/common'
import type {PgBoss} from 'pg-boss'
import * as z from 'zod'

import {formats, type Format} from './draw.ts'
import {fetchRenderInput} from './projects.ts'
import {enqueue} from './queue.ts'
import type {RenderSettings} from './settings.ts'
import {resultKey} from './worker.ts'

interface Parts {
  readonly boss: PgBoss
  readonly database: Database
  readonly storage: Storage
  readonly settings: RenderSettings
}

const side = z.int().min(1).max(8000)

/** Pictures: asked for, looked after, fetched. */
export async function renderRoutes(app: App, {boss, database, storage, settings}: Parts): Promise<void> {
  app.post(
    '/renders',
    {
      schema: {
        headers: z.object({'idempotency-key': z.string().min(8).max(200).optional()}),
        body: z.object({
          designId: z.uuid(),
          version: z.int().min(1).optional(),
          format: z.enum(formats),
          width: side,
          height: side.optional(),
        }),
        response: {202: z.object({id: z.uuid()})},
      },
    },
    async (request, reply) => {
      const {designId, version, format, width} = request.body
      const input = await fetchRenderInput(settings.PROJECTS_URL, {designId, version, token: request.token})
      const height =
        request.body.height ?? Math.max(1, Math.round((width * input.scene.height) / input.scene.width))
      const {body} = await once(
        database,
        {
          schema: 'render',
          key: request.headers['idempotency-key'],
          owner: request.user.id,
          request: request.body,
        },
        async (transaction) => {
          const id = randomUUID()
          await transaction.query(
            `insert into render.renders (id, owner_id, design_id, version, format, width, height, scene, assets)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
            [
              ...[id, request.user.id, designId, input.version, format, width, Math.min(height, 8000)],
              ...[JSON.stringify(input.scene), JSON.stringify(input.assets)],
            ],
          )
          await enqueue(boss, transaction, {id})
          return {statusCode: 202, body: {id}}
        },
      )
      return reply.code(202).send(body)
    },
  )

  app.get(
    '/renders/:id',
    {
      schema: {
        params: z.object({id: z.uuid()}),
        response: {
          200: z.object({
            id: z.uuid(),
            state: z.enum(['queued', 'active', 'done', 'failed']),
            progress: z.number(),
            url: z.string().optional(),
            error: z.string().optional(),
          }),
        },
      },
    },
    async ({params: {id}, user}) => {
      const [row] = await database.read<
        Row & {
          id: string
          design_id: string
          format: Format
          state: 'queued' | 'active' | 'done' | 'failed'
          progress: number
          error: string | null
        }
      >(
        'select id, design_id, format, state, progress, error from render.renders where id = $1 and owner_id = $2',
        [id, user.id],
      )
      if (!row) throw notFound('render')
      const {state, progress, error} = row
      const url =
        state === 'done'
          ? await storage.downloadUrl(resultKey(row), {
              expiresSeconds: settings.DOWNLOAD_SECONDS,
              fileName: `design.${row.format}`,
            })
          : undefined
      return {id, state, progress, ...(url !== undefined && {url}), ...(error !== null && {error})}
    },
  )
}
