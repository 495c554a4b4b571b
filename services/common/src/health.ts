import {setTimeout as sleep} from 'node:timers/promises'

import {context} from '@opentelemetry/api'
import {suppressTracing} from '@opentelemetry/core'
import fastifyPlugin from 'fastify-plugin'

/** What has to answer before requests may come here, by name; it throws when it does not. */
export type Checks = Readonly<Record<string, () => Promise<void>>>

declare module 'fastify' {
  interface FastifyInstance {
    /** Says from now on that no new requests shall come here. */
    readonly drain: () => void
  }
}

const checkMs = 1500

/** `GET /livez`: the process answers. `GET /readyz`: it may be sent requests; 503 names what is missing. */
export const health = fastifyPlugin((app, {checks}: {checks: Checks}, done) => {
  let isDraining = false
  app.decorate('drain', () => {
    isDraining = true
  })
  const quiet = {schema: {hide: true}, logLevel: 'warn'} as const
  // Who keeps a connection open comes back by another one, to somebody else.
  app.addHook('onSend', async (_request, reply) => {
    if (isDraining) void reply.header('connection', 'close')
  })
  app.get('/livez', quiet, async () => ({status: 'ok'}))
  app.get('/readyz', quiet, async (_request, reply) => {
    const missing = isDraining ? ['draining'] : await untraced(() => failing(checks))
    if (missing.length > 0) void reply.code(503)
    return {status: missing.length > 0 ? 'not ready' : 'ok', missing}
  })
  done()
})

/** Asked every few seconds, forever. */
const untraced = <T>(work: () => Promise<T>): Promise<T> =>
  context.with(suppressTracing(context.active()), work)

/** Also one that throws before it has begun. */
const begun = async (check: () => Promise<void>): Promise<void> => check()

async function failing(checks: Checks): Promise<string[]> {
  const names = Object.keys(checks)
  const late = sleep(checkMs, undefined, {ref: false}).then(() => Promise.reject(new Error('late')))
  late.catch(() => undefined)
  const ended = await Promise.allSettled(
    Object.values(checks).map((check) => Promise.race([begun(check), late])),
  )
  return names.filter((_, index) => ended[index]?.status === 'rejected')
}
