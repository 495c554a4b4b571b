import cookie from '@fastify/cookie'
import {createApp, createDatabase, type App} from '@pixelpulse/common'
import {Counter, Histogram} from 'prom-client'

import {createAttempts} from './attempts.ts'
import {createKeys} from './keys.ts'
import {routes} from './routes.ts'
import {createSessions} from './sessions.ts'
import type {AuthSettings} from './settings.ts'

/** Sign-up, log-in, refresh and log-out; the keys that others check tokens with. */
export async function buildAuth(settings: AuthSettings): Promise<App> {
  const database = createDatabase(settings, {
    name: 'auth',
    onError: (error) => app.log.warn({err: error}, 'a connection to the database broke'),
  })
  const app = await createApp({
    name: 'auth',
    logLevel: settings.LOG_LEVEL,
    checks: {database: () => database.ping()},
    bodyLimitBytes: 16_384,
  })
  app.addHook('onClose', () => database.close())
  const registers = [app.metrics]
  const keys = createKeys(database, settings)
  await app.register(cookie)
  await app.register(routes, {
    settings,
    database,
    keys,
    sessions: createSessions(database, keys, settings),
    attempts: createAttempts(database, settings),
    logIns: new Counter({
      name: 'auth_logins_total',
      help: 'Log-ins, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    hashSeconds: new Histogram({
      name: 'auth_hash_seconds',
      help: 'Time that hashing or checking a password takes',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
  })
  return app
}
