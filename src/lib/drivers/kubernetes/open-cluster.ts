import {Agent, request as httpRequest, type IncomingMessage} from 'node:http'
import {request as httpsRequest} from 'node:https'
import * as z from 'zod'

import {PpError} from '../../errors.ts'
import {connectionTo, type Connection} from './access.ts'
import {answered, misunderstood, unanswered} from './errors.ts'
import type {
  ClusterAccess, ClusterReader, ClusterWriter, LinesAsked, WatchEvent, WriteRequest, Written,
} from './types.ts' // prettier-ignore

/** Of one request; a page is answered well within it, or the API server is as good as away. */
const timeoutMs = 5000
/** A watch is begun anew this often. */
const watchSeconds = 20
/**
 * Objects a page. A page is garbage once it is read, and a large one lives long enough to stay until the next full collection: of a
 * cluster with 10,000 Pods, pages of 500 take 60 MB more at their peak. Smaller ones take a way to the other site each.
 */
const pageSize = 50
/** A list whose pages have expired while they were read is begun again this often. */
const mostTries = 3

/**
 * @param withinMs how long all that is asked of it may take together; undefined: each request has a time of its own.
 * @throws PpError KUBECONFIG_UNREADABLE, CONTEXT_UNKNOWN, CLUSTER_LOGIN_FAILED.
 */
export async function openCluster(access: ClusterAccess, withinMs?: number): Promise<ClusterReader> {
  const deadline = withinMs === undefined ? undefined : AbortSignal.timeout(withinMs)
  return new OpenCluster(access, await connectionTo(access, deadline), {withinMs, deadline})
}

/** The same, to change it too. @throws PpError as `openCluster`. */
export async function openClusterToWrite(access: ClusterAccess): Promise<ClusterWriter> {
  return new OpenCluster(access, await connectionTo(access), {withinMs: undefined, deadline: undefined})
}

const patchTypes = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
} as const

interface Answer {
  readonly status: number
  readonly body: string
}

interface Asked {
  readonly method?: string
  readonly body?: string
  readonly type?: string
  readonly accept?: string
}

const watchLine = z.object({type: z.string(), object: z.unknown()})
const versioned = z.object({metadata: z.object({resourceVersion: z.string()})})

interface Limit {
  readonly withinMs: number | undefined
  readonly deadline: AbortSignal | undefined
}

class OpenCluster implements ClusterWriter {
  readonly #access: ClusterAccess
  readonly #connection: Connection
  readonly #limit: Limit
  /** What the API server's clock is ahead of this process's own, milliseconds. */
  #ahead: number | undefined

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
    return (await this.listVersioned(path, schema, query)).items
  }

  async listVersioned<T>(
    path: string,
    schema: z.ZodType<T>,
    query: Readonly<Record<string, string>> = {},
  ): Promise<{items: readonly T[]; version: string}> {
    for (let tries = 1; ; tries += 1) {
      const found = await this.#pages(path, schema, query)
      if (found !== 'expired') return found
      if (tries === mostTries) throw answered(this.#access, path, 410, 'its pages expire while they are read')
    }
  }

  async text(path: string, query: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
    const search = new URLSearchParams(query).toString()
    const {status, body} = await this.#ask(`${path}${search === '' ? '' : `?${search}`}`, {accept: '*/*'})
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
  ): Promise<{items: T[]; version: string} | 'expired'> {
    const page = z.object({
      metadata: z.object({continue: z.string().optional(), resourceVersion: z.string().default('')}),
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
      if (status === 404) return {items, version: ''}
      if (status === 410) return 'expired'
      const {metadata, items: found} = this.#parsed(path, page, body, status)
      for (const item of found ?? []) items.push(item)
      from = metadata.continue || undefined
      if (from === undefined) return {items, version: metadata.resourceVersion}
    }
  }

  async write<T>(
    {method, path, query = {}, body, patch}: WriteRequest,
    schema: z.ZodType<T>,
  ): Promise<Written<T>> {
    const search = new URLSearchParams(query).toString()
    const {status, body: said} = await this.#ask(`${path}${search === '' ? '' : `?${search}`}`, {
      method,
      ...(body === undefined ? {} : {body: JSON.stringify(body)}),
      type: patch === undefined ? 'application/json' : patchTypes[patch],
    })
    if (status === 409) return {kind: 'conflict', said: saidIn(said)}
    if (status === 404) return {kind: 'missing'}
    const isWritten = status === 200 || status === 201 || status === 202
    return {kind: 'written', object: this.#parsed(path, schema, said, isWritten ? 200 : status)}
  }

  async watch<T>(
    path: string,
    schema: z.ZodType<T>,
    {
      version,
      query = {},
      signal,
      tell,
    }: Parameters<ClusterWriter['watch']>[2] & {tell: (event: WatchEvent<T>) => void},
  ): Promise<'ended' | 'expired'> {
    const search = new URLSearchParams({
      ...query,
      watch: 'true',
      resourceVersion: version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(watchSeconds),
    })
    const {server} = this.#connection
    try {
      // One that says nothing any more, not even its end, is a server or a link that is gone.
      const limit = AbortSignal.timeout(watchSeconds * 1000 + timeoutMs)
      const response = await this.#open(`${path}?${search.toString()}`, {}, AbortSignal.any([signal, limit]))
      const status = response.statusCode ?? 0
      if (status === 410) {
        response.destroy()
        return 'expired'
      }
      if (status !== 200) throw answered(this.#access, path, status, '')
      return await this.#told(path, response, schema, tell)
    } catch (cause) {
      if (signal.aborted) return 'ended'
      throw cause instanceof PpError ? cause : unanswered(this.#access, server, cause)
    }
  }

  /** Hands on each line of a watch. */
  async #told<T>(
    path: string,
    response: IncomingMessage,
    schema: z.ZodType<T>,
    tell: (event: WatchEvent<T>) => void,
  ): Promise<'ended' | 'expired'> {
    for await (const line of linesOf(response)) {
      const {type, object} = watchLine.parse(JSON.parse(line))
      // Its version has been thrown away meanwhile.
      if (type === 'ERROR') return 'expired'
      if (type === 'BOOKMARK') continue
      const {metadata} = versioned.parse(object)
      const kind = type === 'DELETED' ? 'gone' : 'is'
      tell({
        kind,
        object: this.#parsed(path, schema, JSON.stringify(object), 200),
        version: metadata.resourceVersion,
      })
    }
    return 'ended'
  }

  serverNow(): number | undefined {
    return this.#ahead === undefined ? undefined : performance.now() + this.#ahead
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
      const response = await this.#open(url, {accept: '*/*'}, AbortSignal.any([signal, begin.signal]))
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
      yield* linesOf(response, longestLine)
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

  async #ask(path: string, asked: Asked = {}): Promise<Answer> {
    const {deadline, withinMs = timeoutMs} = this.#limit
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(deadline ? [deadline] : [])])
    try {
      const response = await this.#open(path, asked, signal)
      return {status: response.statusCode ?? 0, body: await textOf(response)}
    } catch (cause) {
      throw unanswered(
        this.#access,
        this.#connection.server,
        signal.aborted ? lateAfter(deadline?.aborted ? withinMs : timeoutMs) : cause,
      )
    }
  }

  /** @returns once its head is there. */
  async #open(
    path: string,
    {method = 'GET', body, type, accept = 'application/json'}: Asked,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const {server, options} = this.#connection
    const url = new URL(`${server.replace(/\/$/, '')}${path}`)
    const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>()
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest
    const headers = {
      ...options.headers,
      accept,
      ...(body === undefined ? {} : {'content-type': type, 'content-length': Buffer.byteLength(body)}),
    }
    send(url, {...options, method, headers, signal}, resolve)
      .on('error', reject)
      .end(body)
    const response = await promise
    const at = Date.parse(response.headers.date ?? '')
    if (!Number.isNaN(at)) this.#ahead = at - performance.now()
    return response
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

async function* linesOf(
  response: IncomingMessage,
  longest = Infinity,
): AsyncGenerator<string, void, undefined> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const piece of response) {
    const lines = (rest + (piece as string)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length <= longest) continue
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
