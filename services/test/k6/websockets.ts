import {WebSocket as Client} from 'ws'

import {add} from './samples.ts'

let open = 0
/** An iteration of k6 goes on as long as a socket is open. */
export const openSockets = (): number => open

export class WebSocket {
  binaryType: 'blob' | 'arraybuffer' = 'blob'
  readonly #client: Client

  constructor(url: string) {
    open += 1
    add('ws_sessions', 1)
    this.#client = new Client(url)
    this.#client.on('error', (error) => console.error(error.message))
    this.#client.once('close', () => (open -= 1))
  }

  get readyState(): number {
    return this.#client.readyState
  }

  addEventListener(name: 'open' | 'message' | 'close' | 'error', listener: (event: object) => void): void {
    if (name !== 'message') {
      this.#client.on(name, () => listener({}))
      return
    }
    this.#client.on('message', (data: Buffer, isBinary) => {
      add('ws_msgs_received', 1)
      if (isBinary && this.binaryType === 'blob') throw new Error('blobs are not made here')
      listener({data: isBinary ? Uint8Array.from(data).buffer : data.toString()})
    })
  }

  send(data: string | ArrayBuffer): void {
    add('ws_msgs_sent', 1)
    this.#client.send(data)
  }

  close(code?: number, reason?: string): void {
    this.#client.close(code, reason)
  }
}
