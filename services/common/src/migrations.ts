import {fileURLToPath} from 'node:url'

import pg from 'pg'
import {runner} from 'node-pg-migrate'

import {settingsOrEnd} from './service.ts'
import {databaseSettings} from './settings.ts'

/** Serialises migrations of all services: two at once would each begin the same one. Any number that nobody else takes. */
const lockKey = 711_840_531

/**
 * Brings a service's schema up to date: SQL files of `folder` in the order of their names, forwards only, all or none. One that
 * runs elsewhere meanwhile is waited for. Returns the names of those that were applied.
 */
export async function migrate({
  url,
  schema,
  folder,
}: {
  url: string
  schema: string
  folder: string
}): Promise<string[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `${schema} migration`,
    connectionTimeoutMillis: 5000,
  })
  await client.connect()
  try {
    // The lock belongs to the transaction, which the runner's own BEGIN joins and its COMMIT ends: a pooler in transaction mode
    // has no lock of a session.
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [lockKey])
    const applied = await runner({
      dbClient: client,
      dir: folder,
      direction: 'up',
      schema,
      createSchema: true,
      migrationsTable: 'migrations',
      migrationsSchema: schema,
      createMigrationsSchema: true,
      noLock: true,
      singleTransaction: true,
      checkOrder: true,
      logger: {debug: quiet, info: quiet, warn: console.warn, error: console.error},
    })
    await client.query('commit')
    return applied.map(({name}) => name)
  } finally {
    await client.end()
  }
}

const quiet = () => undefined

/** The program `migrate` of a service: says what it has applied. Reads DATABASE_URL. */
export async function runMigrations(schema: string, folder: URL): Promise<void> {
  const settings = settingsOrEnd(`the migration of ${schema}`, databaseSettings)
  if (!settings) return
  const applied = await migrate({url: settings.DATABASE_URL, schema, folder: fileURLToPath(folder)})
  console.log(`${schema}: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`)
}
