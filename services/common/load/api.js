import {check, sleep} from 'k6'
import http from 'k6/http'

export const baseUrl = (__ENV.BASE_URL || 'http://127.0.0.1:8080').replace(/\/$/, '')

/**
 * Asks the API, and checks what it answers with.
 *
 * @param {string} method
 * @param {string} path below `/api`
 * @param {object} options
 * @param {string} options.kind tells requests apart in thresholds and graphs, as their addresses hold ids
 * @param {string} [options.token]
 * @param {object} [options.body]
 * @param {string} [options.key] Idempotency-Key
 * @param {number} [options.status] the only answer that is none of the failures
 */
export function ask(method, path, {kind, token, body, key, status = 200}) {
  /** @type {Record<string, string>} */
  const headers = {}
  if (body) headers['content-type'] = 'application/json'
  if (token) headers.authorization = `Bearer ${token}`
  if (key) headers['idempotency-key'] = key
  return sent(method, `${baseUrl}/api${path}`, body ? JSON.stringify(body) : null, {kind, headers, status})
}

/**
 * Sends a request to any address.
 *
 * @param {string} method
 * @param {string} url
 * @param {string | ArrayBuffer | null} body
 * @param {{kind: string, headers?: Record<string, string>, status?: number}} options
 */
export function sent(method, url, body, {kind, headers = {}, status = 200}) {
  const response = http.request(method, url, body, {
    headers,
    tags: {kind, name: kind},
    responseCallback: http.expectedStatuses(status),
  })
  check(response, {[`${kind}: ${status}`]: (answer) => answer.status === status}, {kind})
  return response
}

/** A word that nobody else has said: an idempotency key, a part of an address. */
export const unique = () => `${Date.now().toString(36)}-${__VU}-${Math.random().toString(36).slice(2)}`

const pace = Number(__ENV.THINK || 1)

/**
 * What somebody takes between two acts, half as long to half as long again. THINK makes all of it longer or shorter.
 *
 * @param {number} seconds
 */
export const think = (seconds) => sleep(seconds * (0.5 + Math.random()) * pace)
