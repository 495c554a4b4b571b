import {once} from 'node:events'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {json} from 'node:stream/consumers'

import * as z from 'zod'

/** OTLP's numbers of a span's kind. */
const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const

export interface ReceivedSpan {
  readonly service: string
  /** The package that made it. */
  readonly scope: string
  readonly name: string
  readonly kind: (typeof kinds)[number]
  readonly traceId: string
  readonly spanId: string
  /** undefined: the first of its trace. */
  readonly parentSpanId: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Stands for a collector: takes OTLP over HTTP in JSON, and keeps what it was sent. */
export interface TestCollector {
  readonly url: string
  spans(): readonly ReceivedSpan[]
  /** Everything that was sent to. */
  paths(): readonly string[]
  close(): Promise<void>
}

const attributes = z
  .array(z.object({key: z.string(), value: z.record(z.string(), z.unknown())}))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({key, value}) => [key, Object.values(value)[0]])))

const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({attributes}),
      scopeSpans: z.array(
        z.object({
          scope: z.object({name: z.string()}),
          spans: z.array(
            z.object({
              name: z.string(),
              kind: z.int().min(0).max(5),
              traceId: z.string().regex(/^[\da-f]{32}$/),
              spanId: z.string().regex(/^[\da-f]{16}$/),
              parentSpanId: z.string().optional(),
              attributes,
            }),
          ),
        }),
      ),
    }),
  ),
})

export async function startCollector(): Promise<TestCollector> {
  const received: ReceivedSpan[] = []
  const paths: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const {url = ''} = request
      paths.push(url)
      if (url === '/v1/traces') received.push(...spansOf(await json(request)))
      response.setHeader('content-type', 'application/json').end('{}')
    })()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => received,
    paths: () => paths,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function spansOf(body: unknown): ReceivedSpan[] {
  return exported.parse(body).resourceSpans.flatMap(({resource, scopeSpans}) =>
    scopeSpans.flatMap(({scope, spans}) =>
      spans.map(({kind, parentSpanId, ...span}) => ({
        ...span,
        service: String(resource.attributes['service.name']),
        scope: scope.name,
        kind: kinds[kind]!,
        parentSpanId: parentSpanId || undefined,
      })),
    ),
  )
}
