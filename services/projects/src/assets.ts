import {notFound, type App, type Database, type Row} from '@pixelpulse/common'
import * as z from 'zod'

import {assetTypes, inspectImage, refused, type AssetType} from './inspect.ts'
import {roleIn} from './membership.ts'
import {idParams, keyHeaders, write, type Parts} from './parts.ts'

interface Asset extends Row {
  readonly id: string
  readonly designId: string
  readonly name: string
  readonly contentType: AssetType
  readonly sizeBytes: number
  readonly width: number | null
  readonly height: number | null
  readonly state: 'pending' | 'ready'
}

const assetColumns = `id, assets.design_id as "designId", name, content_type as "contentType",
  size_bytes::float8 as "sizeBytes", width, height, state`

export const assetKey = ({designId, id}: Pick<Asset, 'designId' | 'id'>): string => `assets/${designId}/${id}`
export const thumbnailKey = ({designId, id}: Pick<Asset, 'designId' | 'id'>): string =>
  `thumbnails/${designId}/${id}.webp`

/** Images of a design. Their bytes go between the browser and S3; nothing is ready before it was looked at. */
export async function assetRoutes(app: App, {database, storage, settings}: Parts): Promise<void> {
  app.post(
    '/designs/:id/assets',
    {
      schema: {
        headers: keyHeaders,
        params: idParams,
        body: z.object({
          name: z.string().trim().min(1).max(200),
          contentType: z.enum(assetTypes),
          sizeBytes: z.int().min(1).max(settings.ASSET_BYTES),
        }),
        response: {
          201: z.object({
            id: z.uuid(),
            upload: z.object({url: z.string(), headers: z.record(z.string(), z.string())}),
          }),
        },
      },
    },
    async (request, reply) => {
      const {name, contentType, sizeBytes} = request.body
      const {id: designId} = request.params
      const {body: id} = await write(database, request, async (transaction) => {
        await roleIn(transaction, designId, request.user.id)
        const [made] = await transaction.query<{id: string}>(
          `insert into projects.assets (design_id, name, content_type, size_bytes, created_by)
           values ($1, $2, $3, $4, $5) returning id`,
          [designId, name, contentType, sizeBytes, request.user.id],
        )
        return {statusCode: 201, body: made?.id ?? ''}
      })
      const url = await storage.uploadUrl(assetKey({designId, id}), {
        contentType,
        sizeBytes,
        expiresSeconds: settings.UPLOAD_SECONDS,
      })
      return reply.code(201).send({id, upload: {url, headers: {'content-type': contentType}}})
    },
  )

  app.post(
    '/assets/:id/complete',
    {schema: {params: idParams, response: {200: z.object({width: z.int(), height: z.int()})}}},
    async ({params: {id}, user}) => {
      const asset = await assetFor(database, id, user.id)
      if (asset.state === 'ready') return {width: asset.width ?? 0, height: asset.height ?? 0}
      const stored = await storage.head(assetKey(asset))
      if (!stored) throw refused('nothing has arrived')
      try {
        if (stored.sizeBytes !== asset.sizeBytes)
          throw refused(`${asset.sizeBytes} bytes were announced and ${stored.sizeBytes} arrived`)
        const size = await inspectImage(
          await storage.get(assetKey(asset)),
          asset.contentType,
          settings.ASSET_PIXELS,
        )
        await database.transaction(
          (transaction) =>
            transaction.query(
              "update projects.assets set state = 'ready', width = $2, height = $3 where id = $1",
              [id, size.width, size.height],
            ),
          {isRepeatable: true},
        )
        return size
      } catch (error) {
        if (isRefusal(error)) await remove(database, asset, () => storage.remove(assetKey(asset)))
        throw error
      }
    },
  )

  app.get(
    '/assets/:id',
    {
      schema: {
        params: idParams,
        response: {
          200: z.object({
            url: z.string(),
            thumbnailUrl: z.string().nullable(),
            contentType: z.string(),
            width: z.int(),
            height: z.int(),
          }),
        },
      },
    },
    async ({params: {id}, user}) => {
      const asset = await assetFor(database, id, user.id)
      if (asset.state !== 'ready') throw notFound('asset')
      const expiresSeconds = settings.DOWNLOAD_SECONDS
      const thumbnail = thumbnailKey(asset)
      const hasThumbnail = (await storage.head(thumbnail)) !== undefined
      return {
        url: await storage.downloadUrl(assetKey(asset), {expiresSeconds}),
        thumbnailUrl: hasThumbnail ? await storage.downloadUrl(thumbnail, {expiresSeconds}) : null,
        contentType: asset.contentType,
        width: asset.width ?? 0,
        height: asset.height ?? 0,
      }
    },
  )
}

const isRefusal = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ASSET_REFUSED'

/** @throws ServiceError NOT_FOUND (404): the same whether it is in somebody else's design or does not exist. */
async function assetFor(database: Database, id: string, userId: string): Promise<Asset> {
  const [asset] = await database.read<Asset>(
    `select ${assetColumns} from projects.assets join projects.members using (design_id)
     where id = $1 and user_id = $2`,
    [id, userId],
  )
  if (!asset) throw notFound('asset')
  return asset
}

/** The object first: a row without one is found and removed later, an object without a row is not. */
async function remove(database: Database, {id}: Asset, removeObject: () => Promise<void>): Promise<void> {
  await removeObject()
  await database.transaction(
    (transaction) =>
      transaction.query("delete from projects.assets where id = $1 and state = 'pending'", [id]),
    {isRepeatable: true},
  )
}

/** Uploads that were begun a day ago and never finished. Returns how many were removed. */
export async function removeAbandoned({
  database,
  storage,
}: Pick<Parts, 'database' | 'storage'>): Promise<number> {
  const abandoned = await database.read<Asset>(
    `select ${assetColumns} from projects.assets
     where state = 'pending' and created_at < now() - interval '1 day' order by created_at limit 100`,
  )
  for (const asset of abandoned) await remove(database, asset, () => storage.remove(assetKey(asset)))
  return abandoned.length
}
