import fastifyPlugin from 'fastify-plugin'
import {collectDefaultMetrics, Gauge, Histogram, Registry} from 'prom-client'

import packageJson from '../package.json' with {type: 'json'}

const httpBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

declare module 'fastify' {
  interface FastifyInstance {
    /** Where a service adds metrics of its own. */
    readonly metrics: Registry
  }
}

/** Where a service's metrics lie: of its process, and what it is (`service_info`). */
export function createRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({service})
  collectDefaultMetrics({register: registry})
  new Gauge({
    name: 'service_info',
    help: 'What runs here; always 1',
    labelNames: ['version', 'image'],
    registers: [registry],
  }).set({version: packageJson.version, image: process.env.IMAGE ?? ''}, 1)
  return registry
}

/** A gauge whose value is looked at when it is asked for. */
export function addGauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value())
    },
  })
}

/** `GET /metrics`: rate, errors and duration of each route, and the process. */
export const metrics = fastifyPlugin((app, {service}: {service: string}, done) => {
  const registry = createRegistry(service)
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of requests, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: httpBuckets,
    registers: [registry],
  })
  app.decorate('metrics', registry)
  app.addHook('onResponse', (request, reply, next) => {
    const route = request.routeOptions.url ?? 'none'
    duration.observe({method: request.method, route, status: reply.statusCode}, reply.elapsedTime / 1000)
    next()
  })
  app.get('/metrics', {schema: {hide: true}, logLevel: 'warn'}, async (_request, reply) => {
    void reply.type(registry.contentType)
    return registry.metrics()
  })
  done()
})
