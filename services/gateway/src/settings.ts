import {fileURLToPath} from 'node:url'

import {serverSettings, tokenSettings} from '@pixelpulse/common'
import * as z from 'zod'

const count = (value: number) => z.coerce.number().int().min(1).default(value)

export const gatewaySettings = z.object({
  ...serverSettings.shape,
  ...tokenSettings.shape,
  AUTH_URL: z.url(),
  PROJECTS_URL: z.url(),
  RENDER_URL: z.url(),
  COLLAB_URL: z.url(),
  /** Where browsers send images to and fetch them from. */
  S3_PUBLIC_ENDPOINT: z.url(),
  /** The built page. */
  PAGE_FOLDER: z.string().default(fileURLToPath(new URL('../page/dist', import.meta.url))),
  /** Proxies before it whose X-Forwarded-For is true, an ingress for example. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).default(0),
  /** Requests a minute of one address that is not logged in, and of one user, at each instance. */
  REQUESTS_PER_ADDRESS: count(300),
  REQUESTS_PER_USER: count(1200),
  UPSTREAM_SECONDS: count(30),
  /** How long a connection to a service is used: a new instance of it gets its share of the requests only by new ones. */
  UPSTREAM_CONNECTION_SECONDS: count(10),
})
export type GatewaySettings = z.output<typeof gatewaySettings>
