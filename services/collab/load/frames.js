// The little of lib0's encoding, of Hocuspocus and of Yjs that an edit takes; k6 has no packages of npm. Text is ASCII.

/** @param {number} value */
function uint(value) {
  const bytes = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

/** @param {string} value */
const text = (value) => [...uint(value.length), ...Array.from(value, (letter) => letter.charCodeAt(0))]

/** @param {number[]} bytes */
const sized = (bytes) => [...uint(bytes.length), ...bytes]

/** Kinds of messages of Hocuspocus, and of y-protocols/sync within its first. */
export const kinds = {sync: 0, auth: 2, syncReply: 4, stateless: 5}
export const syncKinds = {ask: 0, answer: 1, update: 2}
/** What is told of a token. */
export const accepted = 2

/**
 * @param {string} design
 * @param {string} token
 */
export const tokenFrame = (design, token) => [...text(design), kinds.auth, 0, ...text(token)]

/**
 * Asks for all there is.
 *
 * @param {string} design
 */
export const askFrame = (design) => [...text(design), kinds.sync, syncKinds.ask, ...sized([0])]

/**
 * Has nothing that the other does not have.
 *
 * @param {string} design
 */
export const nothingFrame = (design) => [...text(design), kinds.syncReply, syncKinds.answer, ...sized([0, 0])]

/**
 * An edit of Yjs: sets a new key of the map `load` to a text. It replaces nothing, and so refers to nothing.
 *
 * @param {string} design
 * @param {{client: number, clock: number, key: string, value: string}} edit
 */
export function editFrame(design, {client, clock, key, value}) {
  const [one, hasKey, anyContent, isRoot, textValue, nothingDeleted] = [1, 0x20, 8, 1, 119, 0]
  const struct = [hasKey + anyContent, isRoot, ...text('load'), ...text(key), one, textValue, ...text(value)]
  const update = [one, one, ...uint(client), ...uint(clock), ...struct, nothingDeleted]
  return [...text(design), kinds.sync, syncKinds.update, ...sized(update)]
}

/** Reads what has come, from its beginning. */
export class Reader {
  /** @param {ArrayBuffer} data */
  constructor(data) {
    this.bytes = new Uint8Array(data)
    this.at = 0
  }

  uint() {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at]
      this.at += 1
      value += (byte % 128) * factor
      if (byte < 128) return value
    }
  }

  text() {
    const length = this.uint()
    this.at += length
    return String.fromCharCode(...this.bytes.subarray(this.at - length, this.at))
  }

  /** Edits of one client: several that came at once are handed on as one update. */
  edits() {
    const [, clients, count] = [this.uint(), this.uint(), this.uint()]
    if (clients === 0) return undefined
    return {client: this.uint(), clock: this.uint(), count}
  }

  /**
   * How many edits of a client a state vector covers.
   *
   * @param {number} client
   */
  clockOf(client) {
    for (let left = this.uint(); left > 0; left -= 1) {
      const [found, clock] = [this.uint(), this.uint()]
      if (found === client) return clock
    }
    return 0
  }
}
