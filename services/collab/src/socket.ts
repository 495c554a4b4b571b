import type {Hocuspocus} from '@hocuspocus/server'
import type {FastifyBaseLogger} from 'fastify'
import type {RawData, WebSocket} from 'ws'

import {closes, type Close} from './closes.ts'
import {Refusal} from './refusal.ts'
import {createThrottle} from './throttle.ts'

/** A client that reads so slowly that this much waits for it is cut off. */
const waitingBytes = 16_777_216
/** Who has not shown a token by then is nobody. */
const tokenMs = 15_000
/** So many tokens or designs of one socket are refused before it is closed. */
const refusals = 5

type Client = Pick<ReturnType<Hocuspocus['handleConnection']>, 'handleMessage' | 'handleClose'>

/** A client's WebSocket, as Hocuspocus wants one, with the limits of what it may send. */
export class Socket {
  /** Who it is, once a token has said so. */
  userId: string | undefined
  readonly #ws: WebSocket
  #refusals = 0

  constructor(ws: WebSocket, {log, messagesPerSecond}: {log: FastifyBaseLogger; messagesPerSecond: number}) {
    this.#ws = ws
    ws.on('error', (error) => log.info({err: error}, 'a socket broke'))
    this.#throttle(messagesPerSecond)
    const late = setTimeout(() => {
      if (this.userId === undefined) this.end(closes.unauthenticated)
    }, tokenMs)
    ws.once('close', () => clearTimeout(late))
  }

  get readyState(): number {
    return this.#ws.readyState
  }

  onClose(listener: () => void): void {
    this.#ws.once('close', listener)
  }

  send(data: Uint8Array): void {
    if (this.#ws.bufferedAmount > waitingBytes) this.#ws.terminate()
    else this.#ws.send(data)
  }

  close(code?: number, reason?: string): void {
    this.#ws.close(code, reason)
  }

  end({code, reason}: Close): void {
    // It may be paused, and would not hear of the other side's end.
    this.#ws.resume()
    this.#ws.close(code, reason)
  }

  /** Tells a client that it may not; it can ask for something else, some times. */
  refuse(close: Close): Refusal {
    this.#refusals += 1
    if (this.#refusals >= refusals) this.end(close)
    return new Refusal(close.reason)
  }

  /** Hands what comes to Hocuspocus, for as long as `isOpen`. */
  connect(client: Client, isOpen: () => boolean): void {
    this.#ws.on('message', (data: RawData, isBinary) => {
      if (!isBinary) {
        this.end(closes.notBinary)
        return
      }
      if (isOpen()) client.handleMessage(data as Buffer)
    })
    this.#ws.once('close', (code, reason) => client.handleClose({code, reason: reason.toString()}))
  }

  /** Takes nothing from somebody who sends too fast until it has evened out: TCP has them wait. */
  #throttle(perSecond: number): void {
    const throttle = createThrottle(perSecond)
    this.#ws.on('message', (data: RawData) => {
      const pauseMs = throttle((data as Buffer).length, performance.now())
      if (pauseMs === 0) return
      this.#ws.pause()
      setTimeout(() => this.#ws.resume(), pauseMs)
    })
  }
}
