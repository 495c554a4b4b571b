import {once} from 'node:events'
import {createServer} from 'node:net'

/** Below those that the kernel gives to outgoing connections, which could take one in the moment before its server starts. */
const ports = {from: 20_000, count: 12_000}

/** A TCP port of loopback that nobody has now; by chance, since several runs of tests look for one at once. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = ports.from + Math.floor(Math.random() * ports.count)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
