import {notFound, scene, type App, type Scene} from '@pixelpulse/common'
import * as z from 'zod'

import {assetKey} from './assets.ts'
import {idParams, type Parts} from './parts.ts'

/** A scene and where its images lie, for `render`, which asks with the token of whoever wants the picture. */
export async function renderInputRoute(app: App, {database}: Parts): Promise<void> {
  app.get(
    '/designs/:id/render-input',
    {
      schema: {
        params: idParams,
        querystring: z.object({version: z.coerce.number().int().min(1).optional()}),
        response: {
          200: z.object({
            version: z.int(),
            scene,
            assets: z.array(z.object({id: z.uuid(), key: z.string(), contentType: z.string()})),
          }),
        },
      },
    },
    async ({params: {id}, query: {version}, user}) => {
      const [found] = await database.read<{version: number; scene: Scene}>(
        `select versions.version, scene from projects.versions join projects.designs on id = design_id
         join projects.members using (design_id)
         where design_id = $1 and user_id = $2 and versions.version = coalesce($3, designs.version)`,
        [id, user.id, version ?? null],
      )
      if (!found) throw notFound('version')
      const wanted = found.scene.layers.flatMap((layer) => (layer.kind === 'image' ? [layer.assetId] : []))
      const assets = await database.read<{id: string; contentType: string}>(
        `select id, content_type as "contentType" from projects.assets
         where design_id = $1 and state = 'ready' and id = any ($2::uuid[])`,
        [id, wanted],
      )
      return {
        ...found,
        assets: assets.map((asset) => ({...asset, key: assetKey({designId: id, id: asset.id})})),
      }
    },
  )
}
