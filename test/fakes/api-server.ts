import {once} from 'node:events'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer, type IncomingMessage, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {ClusterAccess} from '../../src/lib/drivers/kubernetes/types.ts'

interface Answer {
  readonly status?: number
  readonly body: unknown
}

/** Answers of an API server on loopback by path: an object, a list that it pages, or whatever a function says. */
export class FakeApiServer {
  readonly access: ClusterAccess
  readonly kubeconfig: string
  readonly asked: string[] = []
  readonly methods = new Set<string>()
  readonly #server: Server
  readonly #folder: string

  private constructor(server: Server, folder: string, kubeconfig: string) {
    this.#server = server
    this.#folder = folder
    this.kubeconfig = kubeconfig
    this.access = {name: 'rack', kubeconfig, context: 'rack'}
  }

  /** @param answers undefined for a path says nothing at all; a path that is not there is answered with 404. */
  static async start(
    answers: Readonly<Record<string, unknown>> | ((url: URL, request: IncomingMessage) => Answer | undefined),
  ): Promise<FakeApiServer> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost')
      fake.methods.add(request.method ?? '')
      fake.asked.push(`${url.pathname}${url.search}`)
      const answer = typeof answers === 'function' ? answers(url, request) : answerFrom(answers, url)
      if (!answer) return
      const {status = 200, body} = answer
      response.writeHead(status, {'content-type': 'application/json'})
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const folder = await mkdtemp(join(tmpdir(), 'pp-api-server-'))
    const {port} = server.address() as AddressInfo
    const kubeconfig = join(folder, 'kubeconfig')
    await writeFile(kubeconfig, kubeconfigFor(`http://127.0.0.1:${port}`))
    const fake = new FakeApiServer(server, folder, kubeconfig)
    return fake
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await rm(this.#folder, {recursive: true})
  }
}

export const kubeconfigFor = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{name: 'rack', cluster: {server, 'insecure-skip-tls-verify': true}}],
    users: [{name: 'reader', user: {token: 'not-a-secret'}}],
    contexts: [{name: 'rack', context: {cluster: 'rack', user: 'reader'}}],
    'current-context': 'rack',
  })

function answerFrom(answers: Readonly<Record<string, unknown>>, {pathname, searchParams}: URL): Answer {
  if (!(pathname in answers)) return {status: 404, body: {kind: 'Status', message: 'not found'}}
  const found = answers[pathname]
  if (!Array.isArray(found)) return {body: found}
  const from = Number(searchParams.get('continue') ?? 0)
  const to = from + Number(searchParams.get('limit') ?? found.length)
  return {
    body: {metadata: to < found.length ? {continue: String(to)} : {}, items: found.slice(from, to)},
  }
}
