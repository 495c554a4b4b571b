import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {text} from 'node:stream/consumers'

import {createMeasures} from './measures.ts'

/** What stands for AWS Lambda on a machine of one's own. */
export interface Invoker {
  /** Where a bucket sends its events. */
  readonly eventsUrl: string
  /** What a runtime gets as AWS_LAMBDA_RUNTIME_API. */
  readonly runtimeApi: string
  /** Events that were given up after three tries. */
  readonly failed: readonly string[]
  close(): Promise<void>
}

interface Invocation {
  readonly id: string
  readonly event: string
  readonly tries: number
  /** When the event came, by performance.now(). */
  readonly sinceMs: number
}

interface Running extends Invocation {
  readonly handedOutMs: number
}

/** As Lambda does it for S3: an event is tried three times. */
const mostTries = 3

/** Takes events of a bucket and hands them to a runtime through AWS Lambda's runtime API; they are lost when it ends. */
export async function startInvoker({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): Promise<Invoker> {
  const waiting: Invocation[] = []
  const running = new Map<string, Running>()
  const askers: ServerResponse[] = []
  const failed: string[] = []
  const measures = createMeasures(() => {
    const now = performance.now()
    const times = [...waiting, ...running.values()].map(({sinceMs}) => sinceMs)
    return {waiting: waiting.length, oldestSeconds: (now - Math.min(now, ...times)) / 1000}
  })

  const handOut = () => {
    while (waiting.length > 0 && askers.length > 0) {
      const [invocation] = waiting.splice(0, 1) as [Invocation]
      const [asker] = askers.splice(0, 1) as [ServerResponse]
      running.set(invocation.id, {...invocation, handedOutMs: performance.now()})
      asker.setHeader('lambda-runtime-aws-request-id', invocation.id)
      asker.end(invocation.event)
    }
  }
  const settle = (id: string, isDone: boolean) => {
    const invocation = running.get(id)
    running.delete(id)
    if (!invocation) return
    const {event, tries, sinceMs, handedOutMs} = invocation
    const outcome = isDone ? 'done' : tries < mostTries ? 'repeated' : 'given_up'
    measures.ended(outcome, (performance.now() - handedOutMs) / 1000)
    if (outcome === 'repeated') waiting.push({id: randomUUID(), event, tries: tries + 1, sinceMs})
    if (outcome === 'given_up') failed.push(event)
    handOut()
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const {method, url = ''} = request
    const [, id, kind] = /^\/2018-06-01\/runtime\/invocation\/([\w-]+)\/(response|error)$/.exec(url) ?? []
    if (url === '/2018-06-01/runtime/invocation/next') {
      askers.push(response)
      handOut()
    } else if (id !== undefined) {
      await text(request)
      settle(id, kind === 'response')
      response.writeHead(202).end()
    } else if (method === 'POST' && url === '/events') {
      const event = await text(request)
      // A server may first try whether anybody is there.
      if (event.includes('"Records"'))
        waiting.push({id: randomUUID(), event, tries: 1, sinceMs: performance.now()})
      response.end()
      handOut()
    } else if (url === '/metrics') {
      response.setHeader('content-type', measures.registry.contentType)
      response.end(await measures.registry.metrics())
    } else response.writeHead(['/livez', '/readyz'].includes(url) ? 200 : 404).end()
  }
  const server = createServer((request, response) => void answer(request, response)).listen(port, host)
  await once(server, 'listening')
  const at = `${host}:${(server.address() as AddressInfo).port}`
  return {
    eventsUrl: `http://${at}/events`,
    runtimeApi: at,
    failed,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
