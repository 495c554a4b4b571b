import {Agent, request as httpRequest} from 'node:http'
import {request as httpsRequest} from 'node:https'
import * as z from 'zod'

import {connectionTo, type Connection} from './access.ts'
import {answered, misunderstood, unanswered} from './errors.ts'
import type {ClusterAccess, ClusterReader} from './types.ts'

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

  async #ask(path: string, accept = 'application/json'): Promise<{status: number; body: string}> {
    const {server, options} = this.#connection
    const {deadline, withinMs} = this.#limit
    const url = new URL(`${server.replace(/\/$/, '')}${path}`)
    const {promise, resolve, reject} = Promise.withResolvers<{status: number; body: string}>()
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest
    const asked = send(
      url,
      {
        ...options,
        headers: {...options.headers, accept},
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(deadline ? [deadline] : [])]),
      },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('end', () =>
          resolve({status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString()}),
        )
        response.on('error', reject)
      },
    )
    asked.on('error', reject).end()
    try {
      return await promise
    } catch (cause) {
      const isLate = (cause as {name?: unknown}).name === 'AbortError'
      throw unanswered(
        this.#access,
        server,
        isLate
          ? new Error(
              `no answer within ${(deadline?.aborted ? (withinMs ?? timeoutMs) : timeoutMs) / 1000} s`,
            )
          : cause,
      )
    }
  }
}

/** The message of a Status, without the full stop that some have. */
function saidIn(body: string): string {
  try {
    return z.object({message: z.string()}).parse(JSON.parse(body)).message.replace(/\.$/, '')
  } catch {
    return ''
  }
}
