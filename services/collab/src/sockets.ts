import {once} from 'node:events'
import type {IncomingMessage} from 'node:http'
import {setTimeout as sleep} from 'node:timers/promises'

import type {Hocuspocus} from '@hocuspocus/server'
import type {App} from '@pixelpulse/common'
import {WebSocketServer} from 'ws'

import {closes} from './closes.ts'
import type {Context} from './hooks.ts'
import type {CollabSettings} from './settings.ts'
import {Socket} from './socket.ts'

export interface Sockets {
  readonly count: number
  /** Takes nothing more, neither sockets nor what they send. */
  stop(): void
  /** Closes all in a way that has clients come again, elsewhere. */
  close(): Promise<void>
}

/** How long clients have to answer that a socket is being closed. */
const closingMs = 1000

/** WebSockets at `/`; everything else is fastify's. */
export function acceptSockets(app: App, hocuspocus: Hocuspocus<Context>, settings: CollabSettings): Sockets {
  const server = new WebSocketServer({noServer: true, maxPayload: settings.MESSAGE_BYTES})
  let isOpen = true
  app.server.on('upgrade', (request: IncomingMessage, raw, head) => {
    const [path] = request.url?.split('?') ?? []
    if (!isOpen || path !== '/') {
      raw.on('error', () => undefined)
      raw.end(`HTTP/1.1 ${isOpen ? '404 Not Found' : '503 Service Unavailable'}\r\nConnection: close\r\n\r\n`)
      return
    }
    server.handleUpgrade(request, raw, head, (ws) => {
      const socket = new Socket(ws, {log: app.log, messagesPerSecond: settings.MESSAGES_PER_SECOND})
      const client = hocuspocus.handleConnection(socket, new Request('http://collab/'), {socket})
      socket.connect(client, () => isOpen)
    })
  })
  return {
    get count() {
      return server.clients.size
    },
    stop() {
      isOpen = false
    },
    async close() {
      const all = [...server.clients]
      const closed = Promise.all(all.map((ws) => once(ws, 'close')))
      for (const ws of all) {
        // One that is paused would not hear the answer.
        ws.resume()
        ws.close(closes.restart.code, closes.restart.reason)
      }
      await Promise.race([closed, sleep(closingMs, undefined, {ref: false})])
      for (const ws of all) ws.terminate()
    },
  }
}
