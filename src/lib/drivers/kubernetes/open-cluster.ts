import {Agent, request as httpRequest, type IncomingMessage} from 'node:http'
import {request as httpsRequest} from 'node:https'
import * as z from 'zod'

import {PpError} from '../../errors.ts'
import {connectionTo, type Connection} from './access.ts'
import {answered, misunderstood, unanswered} from './errors.ts'
import type {ClusterAccess, ClusterReader, LinesAsked} from './types.ts'

/** Of one request; a page is answered well within it, or the API server is as good as away. */
const timeoutMs = 5000
/** Objects a page. */
const pageSize = 500
/** A list whose pages have expired while they were read is begun again this often. */
const mostTries = 3

/**
 * @param withinMs how long all that is asked of it may take together; undefined: each request has a time of its own.
 * @throws PpError KUBECONFIG_UNREADABLE, CONTEXT_UNKNOWN, CLUSTER_LOGIN_FAILED.
 */
export async function openCluster(access: ClusterAccess, withinMs?: number): Promise<ClusterReader> {
  const deadline = withinMs === undefined ? undefined : AbortSignal.timeout(withinMs)
  return new OpenCluster(access, await connectionTo(access), {withinMs, deadline})
}

interface Limit {
  readonly withinMs: number | undefined
  readonly deadline: AbortSignal | undefined
}

class OpenCluster implements ClusterReader {
  readonly #access: ClusterAccess
  readonly #connection: Connection
  readonly #limit: Limit

  constructor(access: ClusterAccess, connection: Connection, limit: Limit) {
    this.#access = access
    this.#connection = connection
    this.#limit = limit
  }

  async get<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const {status, body} = await this.#ask(path)
    return status === 404 ? undefined : this.#parsed(path, schema, body, status)
  }

  async list<T>(
    path: string,
    schema: z.ZodType<T>,
    query: Readonly<Record<string, string>> = {},
  ): Promise<readonly T[]> {
    for (let tries = 1; ; tries += 1) {
      const items = await this.#pages(path, schema, query)
      if (items !== 'expired') return items
      if (tries === mostTries) throw answered(this.#access, path, 410, 'its pages expire while they are read')
    }
  }

  async text(path: string, query: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
    const search = new URLSearchParams(query).toString()
    const {status, body} = await this.#ask(`${path}${search === '' ? '' : `?${search}`}`, '*/*')
    if (status === 404) return undefined
    if (status !== 200) throw answered(this.#access, path, status, saidIn(body))
    return body
  }

  close(): void {
    const {agent} = this.#connection.options
    if (agent instanceof Agent) agent.destroy()
  }

  async #pages<T>(
    path: string,
    schema: z.ZodType<T>,
    query: Readonly<Record<string, string>>,
  ): Promise<T[] | 'expired'> {
    const page = z.object({
      metadata: z.object({continue: z.string().optional()}),
      items: z.array(schema).nullish(),
    })
    const items: T[] = []
    for (let from: string | undefined; ;) {
      const search = new URLSearchParams({
        ...query,
        limit: String(pageSize),
        ...(from === undefined ? {} : {continue: from}),
      })
      const {status, body} = await this.#ask(`${path}?${search.toString()}`)
      if (status === 404) return items
      if (status === 410) return 'expired'
      const {metadata, items: found} = this.#parsed(path, page, body, status)
      for (const item of found ?? []) items.push(item)
      from = metadata.continue || undefined
      if (from === undefined) return items
    }
  }

  #parsed<T>(path: string, schema: z.ZodType<T>, body: string, status: number): T {
    if (status !== 200) throw answered(this.#access, path, status, saidIn(body))
    try {
      return schema.parse(JSON.parse(body))
    } catch (cause) {
      throw misunderstood(this.#access, path, cause)
    }
  }

  async *lines(path: string, {query, signal, idleMs}: LinesAsked): AsyncGenerator<string, void, undefined> {
    const url = `${path}?${new URLSearchParams(query).toString()}`
    const begin = new AbortController()
    const late = setTimeout(() => begin.abort(), timeoutMs)
    try {
      const response = await this.#send(url, '*/*', AbortSignal.any([signal, begin.signal]))
      clearTimeout(late)
      const {statusCode: status = 0} = response
      if (status !== 200) {
        const said = saidIn(await textOf(response))
        // 400: the container has not begun, or has no run before this one.
        if (status === 404 || status === 400) return
        throw answered(this.#access, path, status, said)
      }
      if (idleMs !== undefined)
        response.setTimeout(idleMs, () => response.destroy(new Error(`silent for ${idleMs / 1000} s`)))
      yield* linesOf(response)
    } catch (cause) {
      if (signal.aborted) return
      throw cause instanceof PpError
        ? cause
        : unanswered(
            this.#access,
            this.#connection.server,
            begin.signal.aborted ? lateAfter(timeoutMs) : cause,
          )
    } finally {
      clearTimeout(late)
    }
  }

  async #ask(path: string, accept = 'application/json'): Promise<{status: number; body: string}> {
    const {deadline, withinMs = timeoutMs} = this.#limit
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(deadline ? [deadline] : [])])
      const response = await this.#send(path, accept, signal)
      return {status: response.statusCode ?? 0, body: await textOf(response)}
    } catch (cause) {
      const isLate = ['AbortError', 'TimeoutError'].includes(String((cause as {name?: unknown}).name))
      throw unanswered(
        this.#access,
        this.#connection.server,
        isLate ? lateAfter(deadline?.aborted ? withinMs : timeoutMs) : cause,
      )
    }
  }

  #send(path: string, accept: string, signal: AbortSignal): Promise<IncomingMessage> {
    const {server, options} = this.#connection
    const url = new URL(`${server.replace(/\/$/, '')}${path}`)
    const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>()
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest
    send(url, {...options, headers: {...options.headers, accept}, signal}, resolve)
      .on('error', reject)
      .end()
    return promise
  }
}

const lateAfter = (ms: number): Error => new Error(`no answer within ${ms / 1000} s`)

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

/** The kubelet cuts lines well before; a text without any must not fill the memory. */
const longestLine = 65_536

async function* linesOf(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const piece of response) {
    const lines = (rest + (piece as string)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length <= longestLine) continue
    yield rest
    rest = ''
  }
  if (rest !== '') yield rest
}

/** The message of a Status, without the full stop that some have. */
function saidIn(body: string): string {
  try {
    return z.object({message: z.string()}).parse(JSON.parse(body)).message.replace(/\.$/, '')
  } catch {
    return ''
  }
}
