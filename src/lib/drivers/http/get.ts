import {request as httpRequest} from 'node:http'
import {request as httpsRequest} from 'node:https'
import type {Duplex} from 'node:stream'
import {connect as connectTls} from 'node:tls'

/** Enough to find a word in a page; what is longer is cut off. */
const mostBytes = 1024 * 1024

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/**
 * One GET over a connection that is open already; redirects are not followed.
 *
 * @throws what the connection, TLS or the signal throws when no whole answer came.
 */
export function getOver(stream: Duplex, url: URL, signal: AbortSignal): Promise<HttpAnswer> {
  const isSecure = url.protocol === 'https:'
  const createConnection = () => (isSecure ? connectTls({socket: stream, servername: url.hostname}) : stream)
  const {promise, resolve, reject} = Promise.withResolvers<HttpAnswer>()
  const request = (isSecure ? httpsRequest : httpRequest)(
    url,
    {createConnection, signal, headers: {connection: 'close'}},
    (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        body = (body + piece).slice(0, mostBytes)
      })
      response.on('end', () => resolve({status: response.statusCode ?? 0, body}))
      response.on('error', reject)
    },
  )
  request.on('error', reject)
  request.on('close', () => stream.destroy())
  request.end()
  return promise
}
