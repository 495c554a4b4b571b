import proxy from '@fastify/http-proxy'
import {ServiceError, type App} from '@pixelpulse/common'
import {Pool} from 'undici-8'

import type {GatewaySettings} from './settings.ts'

/** Where a path of the API leads. */
export interface Upstream {
  readonly prefix: string
  readonly url: string
  readonly rewritePrefix: string
}

export const authUpstream = ({AUTH_URL}: GatewaySettings): Upstream => ({
  prefix: '/api/auth',
  url: AUTH_URL,
  rewritePrefix: '/',
})

export const userUpstreams = ({PROJECTS_URL, RENDER_URL}: GatewaySettings): readonly Upstream[] => [
  ...['designs', 'assets', 'invitations'].map((name) => ({
    prefix: `/api/${name}`,
    url: PROJECTS_URL,
    rewritePrefix: `/${name}`,
  })),
  {prefix: '/api/renders', url: RENDER_URL, rewritePrefix: '/renders'},
]

/** Hands requests on as they come, with their id and the address that they came from. */
export async function proxyTo(
  app: App,
  {prefix, url, rewritePrefix}: Upstream,
  settings: GatewaySettings,
): Promise<void> {
  // Not the proxy's own: in undici 7 a request waits for ever when all connections that there may be are too old at once.
  const connections = new Pool(url, {
    headersTimeout: settings.UPSTREAM_SECONDS * 1000,
    bodyTimeout: settings.UPSTREAM_SECONDS * 1000,
    connections: 64,
    clientTtl: settings.UPSTREAM_CONNECTION_SECONDS * 1000,
    pipelining: 1,
  })
  app.addHook('onClose', () => connections.destroy())
  await app.register(proxy, {
    upstream: url,
    prefix,
    rewritePrefix,
    // What it calls is the same; the types are those of the older one.
    undici: connections as never,
    // Only what changes nothing is asked again when an instance goes away.
    retryMethods: ['GET', 'HEAD'],
    maxRetriesOn503: 0,
    // The gateway's own lines say the same.
    disableRequestLogging: true,
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => ({
        ...headers,
        'x-request-id': request.id,
        'x-forwarded-for': request.ip,
      }),
      onError: (reply, {error}) => {
        reply.request.log.warn({err: error, upstream: url}, 'an upstream failed')
        reply.send(new ServiceError(502, 'UPSTREAM_AWAY', 'A part of PixelPulse does not answer. Try again.'))
      },
    },
  })
}

/** Sockets of `collab`, which asks for the token itself. */
export async function proxySockets(app: App, {COLLAB_URL}: GatewaySettings): Promise<void> {
  await app.register(proxy, {
    upstream: COLLAB_URL,
    prefix: '/api/collab',
    rewritePrefix: '/',
    websocket: true,
    wsUpstream: COLLAB_URL.replace(/^http/, 'ws'),
  })
}
