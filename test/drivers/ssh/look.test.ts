import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {appendFile} from 'node:fs/promises'
import {createServer, type Server} from 'node:net'

import {lookAtSsh} from '../../../src/lib/drivers/ssh/look.ts'
import {describeWith} from '../servers/describe-with.ts'
import {freePort} from '../../free-port.ts'
import {removeFolder, temporaryFolder} from '../servers/program.ts'
import {clientFor, hostKeyLine, sshdProgram, startSshd, type Sshd} from '../servers/sshd.ts'

/** A port whose queue of connections is full: the kernel drops what else comes. */
const silentPort = `import socket, time
listening = socket.create_server(('127.0.0.1', 0), backlog=0)
waiting = [socket.socket() for _ in range(8)]
for one in waiting:
    one.setblocking(False)
    one.connect_ex(listening.getsockname())
time.sleep(0.2)
print(listening.getsockname()[1], flush=True)
time.sleep(60)`

describeWith([sshdProgram], 'a look at SSH', () => {
  let folder: string
  let server: Sshd
  let clients = 0

  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startSshd(folder)
  })

  afterAll(async () => {
    await server.stop()
    await removeFolder(folder)
  })

  interface Aim {
    readonly port?: number
    readonly user?: string
  }

  const look = async ({port = server.port, user}: Aim = {}) => {
    const {host, settings, knownHosts} = await clientFor({...server, port}, `looked${++clients}`)
    await appendFile(knownHosts, await hostKeyLine(server, 'ed25519', `[127.0.0.1]:${port}`))
    return lookAtSsh(host, {...settings, ...(user !== undefined && {user})}, 3)
  }

  test('finds one that answers', async () => {
    expect(await look()).toEqual({answer: 'answers', said: 'SSH answers'})
  })

  test('takes a refused login for an answer, and a refused connection for no SSH', async () => {
    expect(await look({user: 'stranger'})).toMatchObject({answer: 'answers'})
    expect(await look({port: await freePort()})).toMatchObject({answer: 'no-ssh'})
  })

  test('does not take a host that hangs for one without power: its kernel takes the connection', async () => {
    const hanging: Server = createServer(() => undefined)
    const port = await freePort()
    await new Promise<void>((resolve) => hanging.listen(port, '127.0.0.1', resolve))
    try {
      expect(await look({port})).toMatchObject({answer: 'no-ssh'})
    } finally {
      hanging.close()
    }
  })

  test('hears nothing where nobody answers', async () => {
    const silent = spawn('python3', ['-c', silentPort])
    try {
      const [port] = (await once(silent.stdout, 'data')) as [Buffer]
      expect(await look({port: Number(port)})).toMatchObject({answer: 'silent'})
    } finally {
      silent.kill('SIGKILL')
    }
  })

  test('proves nothing of a host whose key is not known: it was not spoken to', async () => {
    const files = await clientFor(server, `looked${++clients}`)
    await expect(lookAtSsh(files.host, files.settings, 3)).rejects.toMatchObject({code: 'HOST_KEY_UNKNOWN'})
  })
})
