import {databaseSettings, serverSettings} from '@pixelpulse/common'
import * as z from 'zod'

const seconds = (value: number) => z.coerce.number().int().min(1).default(value)

export const authSettings = z.object({
  ...serverSettings.shape,
  ...databaseSettings.shape,
  AUTH_ISSUER: z.string().default('pixelpulse'),
  /** Encrypts the private keys in the database: 32 bytes in base64. */
  AUTH_KEY_SECRET: z
    .string()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine(
      (bytes) => bytes.length === 32,
      'must be 32 bytes in base64, as `openssl rand -base64 32` prints them',
    ),
  ACCESS_TOKEN_SECONDS: seconds(600),
  REFRESH_TOKEN_SECONDS: seconds(30 * 24 * 3600),
  /** How long a key signs before the next one does. */
  KEY_SECONDS: seconds(7 * 24 * 3600),
  /** Failed log-ins that are allowed in ATTEMPT_WINDOW_SECONDS, of an account and of an address. */
  ATTEMPTS_PER_ACCOUNT: seconds(10),
  ATTEMPTS_PER_ADDRESS: seconds(100),
  ATTEMPT_WINDOW_SECONDS: seconds(900),
  /** Off only where the page is served without TLS, on a developer's machine. */
  SECURE_COOKIES: z.stringbool().default(true),
})
export type AuthSettings = z.output<typeof authSettings>
