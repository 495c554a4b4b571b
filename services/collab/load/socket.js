import {b64decode} from 'k6/encoding'
import {WebSocket} from 'k6/websockets'

import {baseUrl} from '../../common/load/api.js'
import {accepted, askFrame, editFrame, kinds, nothingFrame, Reader, syncKinds, tokenFrame} from './frames.js'

/** About as long as a layer of a design is. */
const value = 'A layer that somebody moves. '.repeat(5)

/** Somebody in a design. */
export class Joined {
  /** @type {(clock: number) => void} so many of its edits are saved */
  onSaved = () => undefined
  /** @type {(clock: number) => void} somebody else's edit has come: its number */
  onEdit = () => undefined
  /** Has all that there was. */
  isSynced = false
  /** @type {number | undefined} */
  joinMs

  /**
   * @param {string} design
   * @param {string} token
   */
  constructor(design, token) {
    this.design = design
    this.client = Math.floor(Math.random() * 2 ** 32)
    this.startedMs = Date.now()
    this.socket = new WebSocket(`${baseUrl.replace(/^http/, 'ws')}/api/collab`)
    this.socket.binaryType = 'arraybuffer'
    this.socket.addEventListener('open', () => {
      this.send(tokenFrame(design, token))
    })
    this.socket.addEventListener('message', (event) => {
      this.receive(new Reader(/** @type {{data: ArrayBuffer}} */ (/** @type {unknown} */ (event)).data))
    })
  }

  /** @param {number[]} frame */
  send(frame) {
    this.socket.send(new Uint8Array(frame).buffer)
  }

  /** @param {number} clock how many it has made before */
  edit(clock) {
    this.send(editFrame(this.design, {client: this.client, clock, key: `${this.client}-${clock}`, value}))
  }

  /** @param {Reader} reader */
  receive(reader) {
    reader.text()
    const kind = reader.uint()
    if (kind === kinds.stateless) this.told(reader.text())
    else if (kind === kinds.auth && reader.uint() === accepted) this.send(askFrame(this.design))
    else if (kind === kinds.sync || kind === kinds.syncReply) this.synced(reader)
  }

  /** @param {Reader} reader */
  synced(reader) {
    const kind = reader.uint()
    if (kind === syncKinds.ask) this.send(nothingFrame(this.design))
    if (kind === syncKinds.answer) {
      this.joinMs = Date.now() - this.startedMs
      this.isSynced = true
    }
    const edits = kind === syncKinds.update ? reader.edits() : undefined
    if (!edits || edits.client === this.client) return
    for (let n = 0; n < edits.count; n += 1) this.onEdit(edits.clock + n)
  }

  /** @param {string} message */
  told(message) {
    const {saved} = JSON.parse(message)
    if (saved !== undefined) this.onSaved(new Reader(b64decode(saved)).clockOf(this.client))
  }

  close() {
    this.socket.close()
  }
}

/**
 * Opens a socket through the gateway and goes into a design.
 *
 * @param {string} design
 * @param {string} token
 */
export const join = (design, token) => new Joined(design, token)
