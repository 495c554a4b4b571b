import * as z from 'zod'

import {failingLines} from './validation.ts'

/** Wrong settings: one line a variable, without its value, which may be a secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

const seconds = (value: number) => z.coerce.number().min(0).default(value)

/** What every service reads from its environment. */
export const serverSettings = z.object({
  HOST: z.string().default('0.0.0.0'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** How long it goes on serving after SIGTERM, until nobody is led here any more. */
  DRAIN_SECONDS: seconds(0),
  /** How long it has after that for what is in flight. */
  GRACE_SECONDS: seconds(20),
})

export const databaseSettings = z.object({
  DATABASE_URL: z.url({protocol: /^postgres(ql)?$/}),
  DATABASE_CONNECTIONS: z.coerce.number().int().min(1).default(10),
  /** How long a request waits for a database that is away, a change of its primary for example. */
  DATABASE_PATIENCE_SECONDS: seconds(25),
})

export const storageSettings = z.object({
  S3_BUCKET: z.string().min(3),
  S3_REGION: z.string().default('us-east-1'),
  /** Another server than AWS's own. */
  S3_ENDPOINT: z.url().optional(),
  /** Where browsers reach it, if elsewhere. */
  S3_PUBLIC_ENDPOINT: z.url().optional(),
})

/** How others' tokens are checked. */
export const tokenSettings = z.object({
  AUTH_JWKS_URL: z.url(),
  AUTH_ISSUER: z.string().default('pixelpulse'),
})

/** @throws SettingsError that names every variable that is wrong. */
export function readSettings<Schema extends z.ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env,
): z.output<Schema> {
  // A variable that is set to nothing is one that is not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''))
  const read = schema.safeParse(given)
  if (read.success) return read.data
  throw new SettingsError(failingLines(read.error).join('\n'))
}
