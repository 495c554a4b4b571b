import {Socket} from 'node:net'
import type {Duplex} from 'node:stream'

/**
 * Makes an open connection, such as a channel of an SSH connection, look to `pg` like a socket that it connects.
 *
 * A real socket is passed as it is, when it is still to be connected.
 */
export function asPgStream(stream: Duplex): Duplex {
  // A channel stays half open when the server has gone, and then nobody would notice.
  stream.once('end', () => stream.destroy())
  return Object.assign(stream, {
    connect: () => {
      process.nextTick(() => stream.emit('connect'))
      return stream
    },
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
  })
}

export const newSocket = (): Socket => new Socket()
