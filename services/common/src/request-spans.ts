import {FastifyOtelInstrumentation} from '@fastify/otel'
import type {FastifyPluginCallback} from 'fastify'

/** Asked every few seconds, forever. */
const probes = new Set(['/livez', '/readyz', '/metrics'])

/** A span for each request, named by its route, and one for its handler. */
export function requestSpans(): FastifyPluginCallback {
  return new FastifyOtelInstrumentation({
    ignorePaths: ({url}) => probes.has(url),
    // One for each hook of each plugin would bury the rest.
    instrumentHooks: false,
    requestHook: (span, {method, routeOptions: {url}}) => {
      span.updateName(url === undefined ? method : `${method} ${url}`)
    },
  }).plugin()
}
