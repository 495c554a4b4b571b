import {MessageChannel, receiveMessageOnPort, Worker} from 'node:worker_threads'

import type {Answer, Question} from './http-worker.ts'
import {add, type Tags} from './samples.ts'

interface Params {
  readonly headers?: Readonly<Record<string, string>>
  readonly tags?: Tags
  readonly responseCallback?: (status: number) => boolean
}

type Body = string | ArrayBuffer | object | null

const waitMs = 60_000
const flag = new Int32Array(new SharedArrayBuffer(4))
const {port1: port, port2} = new MessageChannel()
const worker = new Worker(new URL('http-worker.ts', import.meta.url), {
  workerData: {flag, port: port2},
  transferList: [port2],
})
worker.unref()

/** Waits for the answer without giving anything else a turn, as k6 does. */
function request(method: string, url: string, body: Body = null, params: Params = {}): Response {
  const isReady = typeof body === 'string' || body instanceof ArrayBuffer || body === null
  const question: Question = {method, url, headers: params.headers ?? {}, body: isReady ? body : form(body)}
  Atomics.store(flag, 0, 0)
  port.postMessage(question)
  Atomics.wait(flag, 0, 0, waitMs)
  const {message: answer} = receiveMessageOnPort(port) ?? {message: none}
  const isExpected = params.responseCallback ?? expectedStatuses({min: 200, max: 399})
  const tags = {method, status: String(answer.status), name: url, ...params.tags}
  add('http_reqs', 1, tags)
  add('http_req_duration', answer.ms, tags)
  add('http_req_failed', isExpected(answer.status) ? 0 : 1, tags)
  return new Response(answer)
}

/** What k6 answers with where nobody does. */
const none: Answer = {status: 0, body: '', headers: {}, ms: waitMs}

class Response {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly timings: {readonly duration: number}

  constructor({status, body, headers, ms}: Answer) {
    this.status = status
    this.body = body
    this.headers = headers
    this.timings = {duration: ms}
  }

  /** @param selector names of members, between dots */
  json(selector?: string): unknown {
    const whole = JSON.parse(this.body) as unknown
    return (selector?.split('.') ?? []).reduce(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name],
      whole,
    )
  }
}

const form = (fields: object) => new URLSearchParams(Object.entries(fields) as [string, string][]).toString()

type Expected = number | {readonly min: number; readonly max: number}

const expectedStatuses =
  (...all: readonly Expected[]) =>
  (status: number): boolean =>
    all.some((one) => (typeof one === 'number' ? status === one : status >= one.min && status <= one.max))

/** Forgets cookies, as k6 does after each iteration. */
export const forget = (): void => port.postMessage('forget')

export default {
  request,
  expectedStatuses,
  get: (url: string, params?: Params) => request('GET', url, null, params),
  post: (url: string, body?: Body, params?: Params) => request('POST', url, body, params),
  put: (url: string, body?: Body, params?: Params) => request('PUT', url, body, params),
  patch: (url: string, body?: Body, params?: Params) => request('PATCH', url, body, params),
  del: (url: string, body?: Body, params?: Params) => request('DELETE', url, body, params),
}
