import {setTimeout as sleep} from 'node:timers/promises'

import {
  createApp,
  createDatabase,
  createStorage,
  requireUser,
  tokenVerifier,
  type App,
} from '@pixelpulse/common'
import {Counter, Gauge, Histogram} from 'prom-client'

import {createQueue, startQueue} from './queue.ts'
import {renderRoutes} from './routes.ts'
import type {RenderSettings} from './settings.ts'
import {startWorker} from './worker.ts'

/** How long the database has to tell of the queue. */
const lookMs = 1000

/** Takes orders for pictures, and draws them. */
export async function buildRender(settings: RenderSettings): Promise<App> {
  const onError = (error: Error) => app.log.warn({err: error}, 'a connection to the database broke')
  const database = createDatabase(settings, {name: 'render', onError})
  const boss = createQueue(settings, onError)
  const storage = createStorage(settings)
  const {verify, keysKnown} = tokenVerifier(settings)
  const app = await createApp({
    name: 'render',
    logLevel: settings.LOG_LEVEL,
    checks: {database: () => database.ping(), storage: () => storage.ping(), keys: keysKnown},
    bodyLimitBytes: 65_536,
  })
  await startQueue(boss)
  await app.register(async (own: App) => {
    await own.register(requireUser, {verify})
    await renderRoutes(own, {boss, database, storage, settings})
  })
  const registers = [app.metrics]
  const seconds = new Histogram({
    name: 'render_seconds',
    help: 'Time that a picture takes, from the first look at its job to its last byte in the store',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64],
    registers,
  })
  const outcomes = new Counter({
    name: 'render_jobs_total',
    help: 'Jobs, by outcome',
    labelNames: ['outcome'],
    registers,
  })
  // A count that begins with the first failure hides it: there is nothing before it to compare with.
  for (const outcome of ['done', 'repeated', 'failed']) outcomes.inc({outcome}, 0)
  queueGauges(app, () =>
    database.read<{depth: number; age: number}>(
      `select count(*)::int as depth, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as age
       from render.renders where state = 'queued'`,
    ),
  )
  if (settings.RENDER_JOBS > 0) await startWorker({boss, database, storage, settings, seconds, outcomes})
  // Takes nothing more; what is not finished in time goes back into the queue.
  app.addHook('preClose', () => boss.stop({graceful: true, timeout: settings.GRACE_SECONDS * 800}))
  app.addHook('onClose', () => database.close())
  return app
}

/** Looked at when they are asked for; without a database they are left as they were. */
function queueGauges(app: App, look: () => Promise<{depth: number; age: number}[]>): void {
  const registers = [app.metrics]
  const age = new Gauge({
    name: 'render_queue_oldest_age_seconds',
    help: 'How long the oldest job has waited',
    registers,
  })
  new Gauge({
    name: 'render_queue_depth',
    help: 'Jobs that wait',
    registers,
    async collect() {
      // Prometheus takes an instance that answers late for one that is down.
      const [now] = await Promise.race([look(), sleep(lookMs, [], {ref: false})]).catch(() => [])
      if (!now) return
      this.set(now.depth)
      age.set(now.age)
    },
  })
}
