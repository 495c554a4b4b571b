import {databaseSettings, serverSettings, storageSettings, tokenSettings} from '@pixelpulse/common'
import * as z from 'zod'

export const projectsSettings = z.object({
  ...serverSettings.shape,
  ...databaseSettings.shape,
  ...storageSettings.shape,
  ...tokenSettings.shape,
  ASSET_BYTES: z.coerce.number().int().min(1).default(25_000_000),
  /** Width times height: what a file of a few bytes may become when it is decoded. */
  ASSET_PIXELS: z.coerce.number().int().min(1).default(50_000_000),
  UPLOAD_SECONDS: z.coerce.number().int().min(1).default(900),
  DOWNLOAD_SECONDS: z.coerce.number().int().min(1).default(3600),
  INVITATION_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .default(7 * 24 * 3600),
})
export type ProjectsSettings = z.output<typeof projectsSettings>
