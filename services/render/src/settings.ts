import {databaseSettings, serverSettings, storageSettings, tokenSettings} from '@pixelpulse/common'
import * as z from 'zod'

export const renderSettings = z.object({
  ...serverSettings.shape,
  ...databaseSettings.shape,
  ...storageSettings.shape,
  ...tokenSettings.shape,
  PROJECTS_URL: z.url(),
  /** Jobs at once, each on a core of its own; 0: this instance only takes requests. */
  RENDER_JOBS: z.coerce.number().int().min(0).max(64).default(1),
  /** What a picture may take before it is given up. */
  RENDER_SECONDS: z.coerce.number().int().min(1).max(600).default(60),
  /** A worker that is silent for so long is dead, and its job is somebody else's. */
  RENDER_HEARTBEAT_SECONDS: z.coerce.number().int().min(10).default(10),
  DOWNLOAD_SECONDS: z.coerce.number().int().min(1).default(3600),
})
export type RenderSettings = z.output<typeof renderSettings>
