import {
  createApp,
  createDatabase,
  createStorage,
  requireUser,
  tokenVerifier,
  type App,
} from '@pixelpulse/common'
import {Counter} from 'prom-client'

import {assetRoutes, removeAbandoned} from './assets.ts'
import {designRoutes} from './designs.ts'
import {invitationRoutes} from './invitations.ts'
import type {Parts} from './parts.ts'
import {renderInputRoute} from './render-input.ts'
import type {ProjectsSettings} from './settings.ts'

const clearingMs = 3600 * 1000

/** Designs, their versions, members and images. */
export async function buildProjects(settings: ProjectsSettings): Promise<App> {
  const database = createDatabase(settings, {
    name: 'projects',
    onError: (error) => app.log.warn({err: error}, 'a connection to the database broke'),
  })
  const storage = createStorage(settings)
  const {verify, keysKnown} = tokenVerifier(settings)
  const app = await createApp({
    name: 'projects',
    logLevel: settings.LOG_LEVEL,
    checks: {database: () => database.ping(), storage: () => storage.ping(), keys: keysKnown},
    bodyLimitBytes: 4_194_304,
  })
  const saves = new Counter({
    name: 'projects_saves_total',
    help: 'Scenes saved, by outcome',
    labelNames: ['outcome'],
    registers: [app.metrics],
  })
  const parts: Parts = {settings, database, storage, saves}
  await app.register(async (own: App) => {
    await own.register(requireUser, {verify})
    for (const routes of [designRoutes, invitationRoutes, assetRoutes, renderInputRoute])
      await routes(own, parts)
  })
  const clearing = setInterval(() => {
    removeAbandoned(parts).catch((error: unknown) =>
      app.log.warn({err: error}, 'old uploads were not removed'),
    )
  }, clearingMs).unref()
  app.addHook('onClose', async () => {
    clearInterval(clearing)
    await database.close()
  })
  return app
}
