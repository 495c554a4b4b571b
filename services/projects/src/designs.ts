import {notFound, scene, ServiceError, type App, type Scene, type Transaction} from '@pixelpulse/common'
import * as z from 'zod'

import {assertOwner, roleIn} from './membership.ts'
import {idParams, keyHeaders, write, type Parts} from './parts.ts'

const title = z.string().trim().min(1).max(200)
const summary = z.object({
  id: z.uuid(),
  title: z.string(),
  version: z.int(),
  role: z.enum(['owner', 'editor']),
  updatedAt: z.string(),
})
const design = summary.extend({scene})
const emptyScene: Scene = {width: 1200, height: 800, background: '#ffffff', layers: []}

/** Columns of a summary; timestamps as JSON has them. */
const summaryColumns = `designs.id, title, designs.version, role, to_json(updated_at) #>> '{}' as "updatedAt"`

/** Designs: made, listed, renamed, deleted; their scenes saved as versions that stay. */
export async function designRoutes(app: App, {database, saves}: Parts): Promise<void> {
  app.get(
    '/designs',
    {
      schema: {
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(100).default(50),
          after: z.string().max(200).optional(),
        }),
        response: {200: z.object({designs: z.array(summary), next: z.string().nullable()})},
      },
    },
    async ({query: {limit, after}, user}) => {
      const [updatedAt, id] = after?.split(' ') ?? []
      const designs = await database.read<z.output<typeof summary>>(
        `select ${summaryColumns} from projects.designs join projects.members on design_id = id
         where user_id = $1 and ($2::timestamptz is null or (updated_at, id) < ($2::timestamptz, $3::uuid))
         order by updated_at desc, id desc limit $4`,
        [user.id, ...placeOf(updatedAt, id), limit + 1],
      )
      const page = designs.slice(0, limit)
      const last = page.at(-1)
      return {designs: page, next: designs.length > limit && last ? `${last.updatedAt} ${last.id}` : null}
    },
  )

  app.post(
    '/designs',
    {
      schema: {
        headers: keyHeaders,
        body: z.object({title, scene: scene.default(emptyScene)}),
        response: {201: design},
      },
    },
    async (request, reply) => {
      const {body} = await write(database, request, async (transaction) => {
        const [made] = await transaction.query<{id: string}>(
          'insert into projects.designs (title) values ($1) returning id',
          [request.body.title],
        )
        const id = made?.id ?? ''
        await transaction.query(
          "insert into projects.members (design_id, user_id, role) values ($1, $2, 'owner')",
          [id, request.user.id],
        )
        await addVersion(transaction, {id, version: 1, scene: request.body.scene, authorId: request.user.id})
        return {statusCode: 201, body: await read(transaction, id, request.user.id)}
      })
      return reply.code(201).send(body)
    },
  )

  app.get(
    '/designs/:id',
    {schema: {params: idParams, response: {200: design}}},
    async ({params: {id}, user}) => read({query: (sql, values) => database.read(sql, values)}, id, user.id),
  )

  app.patch(
    '/designs/:id',
    {schema: {headers: keyHeaders, params: idParams, body: z.object({title}), response: {200: design}}},
    async (request) => {
      const {id} = request.params
      const {body} = await write(database, request, async (transaction) => {
        await roleIn(transaction, id, request.user.id)
        await transaction.query('update projects.designs set title = $2, updated_at = now() where id = $1', [
          id,
          request.body.title,
        ])
        return {statusCode: 200, body: await read(transaction, id, request.user.id)}
      })
      return body
    },
  )

  app.delete(
    '/designs/:id',
    {schema: {headers: keyHeaders, params: idParams, response: {204: z.null()}}},
    async (request, reply) => {
      await write(database, request, async (transaction) => {
        await assertOwner(transaction, request.params.id, request.user.id)
        await transaction.query('delete from projects.designs where id = $1', [request.params.id])
        return {statusCode: 204, body: null}
      })
      return reply.code(204).send(null)
    },
  )

  app.put(
    '/designs/:id/scene',
    {
      schema: {
        headers: keyHeaders,
        params: idParams,
        body: z.object({scene, baseVersion: z.int().min(1)}),
        response: {200: z.object({version: z.int()})},
      },
    },
    async (request) => {
      try {
        const {body} = await write(database, request, (transaction) => save(transaction, request))
        saves.inc({outcome: 'saved'})
        return body
      } catch (error) {
        saves.inc({outcome: error instanceof ServiceError ? error.code : 'failed'})
        throw error
      }
    },
  )

  app.get(
    '/designs/:id/versions',
    {
      schema: {
        params: idParams,
        querystring: z.object({before: z.coerce.number().int().min(1).optional()}),
        response: {
          200: z.object({
            versions: z.array(z.object({version: z.int(), authorId: z.uuid(), createdAt: z.string()})),
          }),
        },
      },
    },
    async ({params: {id}, query: {before}, user}) => {
      await roleIn({query: (sql, values) => database.read(sql, values)}, id, user.id)
      const versions = await database.read<{version: number; authorId: string; createdAt: string}>(
        `select version, author_id as "authorId", to_json(created_at) #>> '{}' as "createdAt" from projects.versions
         where design_id = $1 and ($2::int is null or version < $2) order by version desc limit 100`,
        [id, before ?? null],
      )
      return {versions}
    },
  )

  app.get(
    '/designs/:id/versions/:version',
    {
      schema: {
        params: idParams.extend({version: z.coerce.number().int().min(1)}),
        response: {200: z.object({version: z.int(), scene})},
      },
    },
    async ({params: {id, version}, user}) => {
      await roleIn({query: (sql, values) => database.read(sql, values)}, id, user.id)
      const [found] = await database.read<{version: number; scene: Scene}>(
        'select version, scene from projects.versions where design_id = $1 and version = $2',
        [id, version],
      )
      if (!found) throw notFound('version')
      return found
    },
  )
}

/** Where a page begins; nothing where `after` is none of ours. */
function placeOf(updatedAt?: string, id?: string): [string | null, string | null] {
  const isPlace = z.uuid().safeParse(id).success && !Number.isNaN(Date.parse(updatedAt ?? ''))
  return isPlace ? [updatedAt ?? null, id ?? null] : [null, null]
}

async function read(
  reader: Pick<Transaction, 'query'>,
  id: string,
  userId: string,
): Promise<z.output<typeof design>> {
  const [found] = await reader.query<z.output<typeof design>>(
    `select ${summaryColumns}, scene from projects.designs join projects.members on members.design_id = id
     join projects.versions on versions.design_id = id and versions.version = designs.version
     where id = $1 and user_id = $2`,
    [id, userId],
  )
  if (!found) throw notFound('design')
  return found
}

/** @throws ServiceError VERSION_CONFLICT (409) when somebody has saved since `baseVersion`. */
async function save(
  transaction: Transaction,
  request: {
    readonly params: {readonly id: string}
    readonly body: {readonly scene: Scene; readonly baseVersion: number}
    readonly user: {readonly id: string}
  },
): Promise<{statusCode: number; body: {version: number}}> {
  const {id} = request.params
  await roleIn(transaction, id, request.user.id)
  const [row] = await transaction.query<{version: number}>(
    'select version from projects.designs where id = $1 for update',
    [id],
  )
  if (!row) throw notFound('design')
  if (row.version !== request.body.baseVersion)
    throw new ServiceError(409, 'VERSION_CONFLICT', `Version ${row.version} is the newest; look at it first.`)
  const version = row.version + 1
  await addVersion(transaction, {id, version, scene: request.body.scene, authorId: request.user.id})
  await transaction.query('update projects.designs set version = $2, updated_at = now() where id = $1', [
    id,
    version,
  ])
  return {statusCode: 200, body: {version}}
}

async function addVersion(
  transaction: Transaction,
  {id, version, scene, authorId}: {id: string; version: number; scene: Scene; authorId: string},
): Promise<void> {
  await transaction.query(
    'insert into projects.versions (design_id, version, scene, author_id) values ($1, $2, $3, $4)',
    [id, version, JSON.stringify(scene), authorId],
  )
}
