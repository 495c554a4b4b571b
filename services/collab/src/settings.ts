import {databaseSettings, serverSettings, tokenSettings} from '@pixelpulse/common'
import * as z from 'zod'

const count = (value: number) => z.coerce.number().int().min(1).default(value)

export const collabSettings = z.object({
  ...serverSettings.shape,
  ...databaseSettings.shape,
  ...tokenSettings.shape,
  /** Short: edits wait in memory for a database that is away, and who comes to open a design is asked to come again. */
  DATABASE_PATIENCE_SECONDS: z.coerce.number().min(0).default(1),
  PROJECTS_URL: z.url(),
  /** How long edits are gathered before they are written in one transaction. */
  WRITE_DELAY_MS: count(20),
  /** How often other instances' rows are read: while a design is open elsewhere too, and while none is. */
  POLL_MIN_MS: count(50),
  POLL_MAX_MS: count(500),
  /** Rows of a design after which they become a snapshot. */
  COMPACT_ROWS: count(500),
  /** How often it is asked again whether somebody may still be in a design. */
  ACCESS_SECONDS: count(30),
  /** How long somebody may stay while projects does not answer. */
  ACCESS_LIMIT_SECONDS: count(600),
  MESSAGE_BYTES: count(4_194_304),
  DESIGN_BYTES: count(8_388_608),
  SOCKETS_PER_USER: count(20),
  /** Of a socket; it may send those of two seconds at once. A large message counts as many small ones. */
  MESSAGES_PER_SECOND: count(200),
})
export type CollabSettings = z.output<typeof collabSettings>
