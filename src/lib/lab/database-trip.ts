import {connect} from 'node:net'

/** The question whether TLS is spoken, to which any PostgreSQL answers one byte without knowing who asks. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Milliseconds from this machine's question to PostgreSQL's first byte; undefined when none comes. */
export const databaseTripMs = (address: string, timeoutMs: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const socket = connect({host: address, port: 5432})
    let asked = 0
    const end = (tripMs: number | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(tripMs)
    }
    const timer = setTimeout(end, timeoutMs, undefined)
    socket.once('connect', () => {
      asked = performance.now()
      socket.write(sslRequest)
    })
    socket.once('data', () => {
      end(performance.now() - asked)
    })
    socket.once('error', () => {
      end(undefined)
    })
    socket.once('close', () => {
      end(undefined)
    })
  })
