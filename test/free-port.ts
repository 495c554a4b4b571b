import {once} from 'node:events'
import {createServer, type ListenOptions} from 'node:net'

/** Below those that the kernel gives to outgoing connections, which could take one in the moment before its server starts. */
const ports = {from: 20_000, count: 12_000}

/**
 * A TCP port of loopback that nobody has now, and that no other run of tests gets while this process lives: a server that
 * a test has stopped, or not started yet, finds its own port free. The claim is an abstract socket of the port's number.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = ports.from + Math.floor(Math.random() * ports.count)
    const claim = await listen({path: `\0pp-test-port-${port}`})
    if (claim === undefined) continue
    claim.unref()
    const server = await listen({port, host: '127.0.0.1'})
    if (server === undefined) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Undefined when somebody else listens there. */
async function listen(at: ListenOptions) {
  const server = createServer().listen(at)
  try {
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}
