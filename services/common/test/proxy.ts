import {once} from 'node:events'
import {createConnection, createServer, type AddressInfo, type Socket} from 'node:net'

/** What happens to something that a client sends, and to its connection from there on. */
export type Fate =
  | 'passes'
  /** Never arrives; the client's connection is cut. */
  | 'is lost'
  /** Arrives and is done; the answer is not passed on, and the client's connection is cut. */
  | 'loses its answer'
  /** Never arrives, and nobody hears of it: a cable that was pulled. */
  | 'vanishes'

/** Stands between a client and a database, and does to what is sent what a bad network does. */
export interface Proxy {
  readonly url: string
  /** Decides on each message of clients from now on. */
  fate: (message: string) => Fate
  close(): Promise<void>
}

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const database = createConnection({host: target.hostname, port: Number(target.port)})
    for (const socket of [client, database]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    const answered = (data: Buffer) => client.write(data)
    database.on('data', answered)
    database.on('close', () => client.destroy())
    client.on('close', () => database.destroy())
    client.on('data', (data) => {
      const fate = proxy.fate(data.toString('latin1'))
      if (fate === 'passes') database.write(data)
      if (fate === 'is lost') client.destroy()
      if (fate === 'loses its answer') {
        database.off('data', answered).once('data', () => client.destroy())
        database.write(data)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.port = String((server.address() as AddressInfo).port)
  const proxy: Proxy = {
    url: url.href,
    fate: () => 'passes',
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
  return proxy
}

/** The first time that something like this is sent; everything else passes. */
export function theFirst(pattern: RegExp, fate: Fate): (message: string) => Fate {
  let isDone = false
  return (message) => {
    if (isDone || !pattern.test(message)) return 'passes'
    isDone = true
    return fate
  }
}
