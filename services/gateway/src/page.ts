import {existsSync} from 'node:fs'

import helmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import type {App} from '@pixelpulse/common'

import type {GatewaySettings} from './settings.ts'

/** The page, which may talk to nobody but this gateway and the store of images. */
export async function servePage(app: App, {PAGE_FOLDER, S3_PUBLIC_ENDPOINT}: GatewaySettings): Promise<void> {
  const store = new URL(S3_PUBLIC_ENDPOINT).origin
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'", 'ws:', 'wss:', store],
        imgSrc: ["'self'", 'blob:', 'data:', store],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
    },
    // Whether TLS is there is known by who ends it.
    hsts: false,
    crossOriginEmbedderPolicy: false,
  })
  if (!existsSync(PAGE_FOLDER)) {
    app.log.warn({folder: PAGE_FOLDER}, 'the page is not built; only the API is served')
    return
  }
  await app.register(fastifyStatic, {
    root: PAGE_FOLDER,
    cacheControl: false,
    setHeaders: (reply, file) => {
      // Names of built files change with what is in them.
      const isBuilt = file.includes('/assets/')
      void reply.header('cache-control', isBuilt ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.setNotFoundHandler((request, reply) => {
    // A place within the page; what was asked of the API and is not there is an error.
    if (request.method === 'GET' && !request.url.startsWith('/api/')) return reply.sendFile('index.html')
    return reply.code(404).send({
      error: {code: 'NOT_FOUND', message: 'There is nothing here.', requestId: request.id},
    })
  })
}
