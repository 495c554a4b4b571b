import rateLimit from '@fastify/rate-limit'
import {createApp, requireUser, ServiceError, tokenVerifier, type App} from '@pixelpulse/common'

import {servePage} from './page.ts'
import type {GatewaySettings} from './settings.ts'
import {authUpstream, proxySockets, proxyTo, userUpstreams} from './upstreams.ts'

/** The one address of PixelPulse: the page, and the way to the services behind it. */
export async function buildGateway(settings: GatewaySettings): Promise<App> {
  const {verify, keysKnown} = tokenVerifier(settings)
  const app = await createApp({
    name: 'gateway',
    logLevel: settings.LOG_LEVEL,
    checks: {keys: keysKnown},
    bodyLimitBytes: 4_194_304,
    trustedProxies: settings.TRUSTED_PROXIES,
  })
  await servePage(app, settings)
  await app.register(rateLimit, {global: false, errorResponseBuilder: tooMany})
  await app.register(async (open: App) => {
    open.addHook(
      'onRequest',
      open.rateLimit({max: settings.REQUESTS_PER_ADDRESS, timeWindow: 60_000, groupId: 'address'}),
    )
    await proxyTo(open, authUpstream(settings), settings)
    await proxySockets(open, settings)
  })
  await app.register(async (own: App) => {
    await own.register(requireUser, {verify})
    own.addHook(
      'onRequest',
      own.rateLimit({
        max: settings.REQUESTS_PER_USER,
        timeWindow: 60_000,
        groupId: 'user',
        keyGenerator: (request) => request.user.id,
      }),
    )
    for (const upstream of userUpstreams(settings)) await proxyTo(own, upstream, settings)
  })
  return app
}

const tooMany = (_request: unknown, {after}: {readonly after: string}) =>
  new ServiceError(429, 'TOO_MANY_REQUESTS', `Too many requests. Try again in ${after}.`)
