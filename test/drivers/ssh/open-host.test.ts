import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {appendFile, writeFile} from 'node:fs/promises'
import {createServer, type Server as NetServer} from 'node:net'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, expect, test} from '@jest/globals'
import {jumpAim} from '../../../src/lib/drivers/ssh/connect.ts'
import {isUnreachable} from '../../../src/lib/drivers/ssh/errors.ts'
import {openHost} from '../../../src/lib/drivers/ssh/open-host.ts'
import type {HostConnection} from '../../../src/lib/drivers/ssh/types.ts'
import {PpError} from '../../../src/lib/errors.ts'
import {describeWith} from '../servers/describe-with.ts'
import {freePort} from '../../free-port.ts'
import {removeFolder, run, temporaryFolder} from '../servers/program.ts'
import {
  clientFor,
  hostKeyLine,
  makeKey,
  sshdProgram,
  startSshd,
  type ClientFiles,
  type Sshd,
} from '../servers/sshd.ts'

const failure = async (work: Promise<unknown>): Promise<PpError> => {
  try {
    await work
  } catch (error) {
    if (error instanceof PpError) return error
    throw error
  }
  throw new Error('it did not fail')
}

describeWith([sshdProgram], 'an SSH connection', () => {
  let folder: string
  let server: Sshd
  let clients = 0
  const open: HostConnection[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startSshd(folder)
  })

  afterEach(() => {
    for (const connection of open.splice(0)) connection.close()
  })

  afterAll(async () => {
    await server.stop()
    await removeFolder(folder)
  })

  const client = (...more: string[]): Promise<ClientFiles> => clientFor(server, `host${++clients}`, more)

  const connect = async ({host, settings}: ClientFiles, connectSeconds = 5): Promise<HostConnection> => {
    const connection = await openHost(host, settings, {connectSeconds})
    open.push(connection)
    return connection
  }

  const trusted = async (...more: string[]): Promise<ClientFiles> => {
    const files = await client(...more)
    await appendFile(files.knownHosts, await hostKeyLine(server, 'ed25519', `[127.0.0.1]:${server.port}`))
    return files
  }

  test('runs a program with exactly the given arguments, input, output and status', async () => {
    const connection = await connect(await trusted())
    const script = 'cat; echo "$1" >&2; exit 7'
    const result = await connection.run(['sh', '-c', script, 'x', `it's "$HOME" \n; é`], {input: 'hello'})
    expect(result).toEqual({status: 7, stdout: 'hello', stderr: `it's "$HOME" \n; é\n`})
  })

  test.each(['ecdsa', 'rsa'])(
    'asks the server for its %s key when that is the one that is known',
    async (type) => {
      const files = await client()
      await appendFile(files.knownHosts, await hostKeyLine(server, type, `[127.0.0.1]:${server.port}`))
      expect((await (await connect(files)).run(['true'])).status).toBe(0)
    },
  )

  test('knows a host by a hashed name and by HostKeyAlias', async () => {
    const hashed = await trusted()
    await run('ssh-keygen', ['-q', '-H', '-f', hashed.knownHosts])
    const alias = await client('HostKeyAlias Rack-1')
    await appendFile(alias.knownHosts, await hostKeyLine(server, 'ed25519', 'rack-1'))
    expect((await (await connect(hashed)).run(['true'])).status).toBe(0)
    expect((await (await connect(alias)).run(['true'])).status).toBe(0)
  })

  test('is refused for an unknown host, and the hint is the command that shows its fingerprint', async () => {
    const files = await client()
    const error = await failure(connect(files))
    expect(error).toMatchObject({code: 'HOST_KEY_UNKNOWN', exitCode: 4})
    expect(error.hint).toContain(
      `ssh -F ${files.settings.configFile} -l ${files.settings.user} ${files.host.name}`,
    )
  })

  test('is refused when the host shows another key than the known one, of the same type or not', async () => {
    await makeKey(join(folder, 'other'), 'ed25519')
    const changed = await client()
    await run('cp', [join(folder, 'other.pub'), join(folder, 'host_other.pub')])
    await appendFile(changed.knownHosts, await hostKeyLine(server, 'other', `[127.0.0.1]:${server.port}`))
    const error = await failure(connect(changed))
    expect(error).toMatchObject({code: 'HOST_KEY_CHANGED', exitCode: 4})
    expect(error.hint).toContain(`ssh-keygen -R '[127.0.0.1]:${server.port}' -f ${changed.knownHosts}`)

    const withoutType = await client()
    await appendFile(withoutType.knownHosts, `[127.0.0.1]:${server.port} ecdsa-sha2-nistp521 AAAA\n`)
    expect(await failure(connect(withoutType))).toMatchObject({code: 'HOST_KEY_CHANGED', exitCode: 4})
  })

  test('is refused when the key is revoked', async () => {
    const files = await trusted()
    await appendFile(files.knownHosts, await hostKeyLine(server, 'ed25519', '@revoked *'))
    expect(await failure(connect(files))).toMatchObject({code: 'HOST_KEY_REVOKED', exitCode: 4})
  })

  test('is denied without a key that the host accepts, and says which were tried', async () => {
    await makeKey(join(folder, 'stranger'), 'ed25519')
    await run('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-f',
      join(folder, 'locked'),
      '-N',
      'secret words',
      '-C',
      'test',
    ])
    const files = await clientFor(server, `denied${++clients}`, [])
    await writeFile(
      files.settings.configFile ?? '',
      [
        `Host ${files.host.name}`,
        '  HostName 127.0.0.1',
        `  Port ${server.port}`,
        `  IdentityFile ${join(folder, 'stranger')}`,
        `  IdentityFile ${join(folder, 'locked')}`,
        '  IdentityAgent none',
        `  UserKnownHostsFile ${files.knownHosts}`,
        '',
      ].join('\n'),
    )
    await appendFile(files.knownHosts, await hostKeyLine(server, 'ed25519', `[127.0.0.1]:${server.port}`))
    const error = await failure(connect(files))
    expect(error).toMatchObject({code: 'SSH_DENIED', exitCode: 4})
    expect(error.message).toContain(join(folder, 'stranger'))
    expect(error.message).toContain(`ssh-add ${join(folder, 'locked')}`)
    expect(isUnreachable(error)).toBe(false)
  })

  test('uses a key of the agent that has a passphrase on disk', async () => {
    const key = join(folder, 'agent_key')
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-f', key, '-N', '', '-C', 'agent'])
    await appendFile(join(folder, 'authorized_keys'), (await run('cat', [`${key}.pub`])).stdout)
    const socket = join(folder, 'agent.sock')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], {stdio: 'ignore'})
    try {
      await sleep(200)
      await run('ssh-add', ['-q', key], {env: {...process.env, SSH_AUTH_SOCK: socket}})
      await run('ssh-keygen', ['-q', '-p', '-f', key, '-P', '', '-N', 'secret words'])
      const files = await trusted(`IdentityFile ${key}`, `IdentityAgent ${socket}`)
      await run('sed', ['-i', `/IdentityFile.*user_key/d`, files.settings.configFile ?? ''])
      expect((await (await connect(files)).run(['true'])).status).toBe(0)
    } finally {
      agent.kill()
      await once(agent, 'exit')
    }
  })

  test('goes through jump hosts, each with a verified key of its own', async () => {
    const files = await trusted('ProxyJump jump-a,jump-b')
    await appendFile(
      files.settings.configFile ?? '',
      ['jump-a', 'jump-b']
        .map((name) => `Host ${name}\n HostName 127.0.0.1\n Port ${server.port}\n HostKeyAlias ${name}\n`)
        .join(''),
    )
    await appendFile(
      files.settings.configFile ?? '',
      `Host *\n IdentityFile ${server.userKey}\n IdentityAgent none\n UserKnownHostsFile ${files.knownHosts}\n`,
    )
    await appendFile(files.knownHosts, await hostKeyLine(server, 'ed25519', 'jump-a'))
    expect(await failure(connect(files))).toMatchObject({
      code: 'HOST_KEY_UNKNOWN',
      message: expect.stringContaining('jump-b'),
    })
    await appendFile(files.knownHosts, await hostKeyLine(server, 'ed25519', 'jump-b'))
    const connection = await connect(files)
    expect((await connection.run(['echo', 'there'])).stdout).toBe('there\n')
  })

  test('refuses a ProxyCommand, which it would otherwise leave out silently', async () => {
    const files = await trusted('ProxyCommand nc %h %p')
    expect(await failure(connect(files))).toMatchObject({code: 'SSH_UNSUPPORTED', exitCode: 4})
  })

  test('to a port where nobody listens is "does not answer", at once', async () => {
    const files = await trusted(`Port ${await freePort()}`)
    await run('sed', ['-i', `/Port ${server.port}$/d`, files.settings.configFile ?? ''])
    await appendFile(files.knownHosts, await hostKeyLine(server, 'ed25519', '127.0.0.1'))
    const error = await failure(connect(files))
    expect(error).toMatchObject({code: 'SSH_UNREACHABLE', exitCode: 5})
    expect(isUnreachable(error)).toBe(true)
  })

  test('to a server that accepts and says nothing ends with the deadline', async () => {
    const silent: NetServer = createServer()
    const port = await freePort()
    silent.listen(port, '127.0.0.1')
    try {
      const files = await trusted(`Port ${port}`)
      await run('sed', ['-i', `/Port ${server.port}$/d`, files.settings.configFile ?? ''])
      await appendFile(files.knownHosts, await hostKeyLine(server, 'ed25519', '127.0.0.1'))
      const startedAt = performance.now()
      const error = await failure(connect(files, 0.5))
      expect(error.code).toBe('SSH_UNREACHABLE')
      expect(performance.now() - startedAt).toBeLessThan(2000)
    } finally {
      silent.close()
    }
  })

  test('ends a remote program that runs too long, with its children', async () => {
    const connection = await connect(await trusted())
    const mark = `31${process.pid}.5`
    const error = await failure(
      connection.run(['sh', '-c', `sleep ${mark} & sleep ${mark}`], {timeoutSeconds: 0.3}),
    )
    expect(error).toMatchObject({code: 'SSH_TIMED_OUT', exitCode: 5})
    // On a busy machine the program starts late, and so does its own deadline.
    const left = async (): Promise<number> =>
      (await run('ps', ['-eo', 'args'])).stdout.split('\n').filter((line) => line === `sleep ${mark}`).length
    for (let tries = 0; tries < 50 && (await left()) > 0; tries++) await sleep(200)
    expect(await left()).toBe(0)
  })

  test('keeps the status and output of programs that end at once', async () => {
    // Their whole answer comes in one packet with the channel; listeners attached a moment later saw no status.
    const connection = await connect(await trusted())
    for (let n = 0; n < 15; n++) {
      const result = await connection.run(['sh', '-c', `echo ${n}; exit ${n}`])
      expect(result).toEqual({status: n, stdout: `${n}\n`, stderr: ''})
    }
    // More at once than sshd's MaxSessions.
    const many = await Promise.all(Array.from({length: 12}, () => connection.run(['echo', 'x'])))
    expect(many.map(({status, stdout}) => [status, stdout])).toEqual(many.map(() => [0, 'x\n']))
  })

  test('reports the signal that ended a program as 128 + n', async () => {
    const connection = await connect(await trusted())
    expect((await connection.run(['sh', '-c', 'kill -9 $$'])).status).toBe(137)
  })

  test('forwards to TCP ports and Unix sockets, and says when there is nobody', async () => {
    const connection = await connect(await trusted())
    const echo = createServer((socket) => socket.pipe(socket))
    const socketPath = join(folder, 'echo.sock')
    const port = await freePort()
    const onSocket = createServer((socket) => socket.pipe(socket)).listen(socketPath)
    await once(echo.listen(port, '127.0.0.1'), 'listening')
    try {
      for (const stream of [
        await connection.forwardTcp('127.0.0.1', port),
        await connection.forwardSocket(socketPath),
      ]) {
        stream.write('ping')
        const [answer] = (await once(stream, 'data')) as [Buffer]
        expect(answer.toString()).toBe('ping')
        stream.destroy()
      }
      expect(await failure(connection.forwardTcp('127.0.0.1', await freePort()))).toMatchObject({
        code: 'FORWARD_FAILED',
      })
      expect(await failure(connection.forwardSocket(join(folder, 'nobody.sock')))).toMatchObject({
        exitCode: 5,
      })
    } finally {
      echo.close()
      onSocket.close()
    }
  })

  test('says that it is closed when the server goes away, and every waiting call fails', async () => {
    const other = await startSshd(await temporaryFolder())
    const files = await clientFor(other, `gone${++clients}`)
    await appendFile(files.knownHosts, await hostKeyLine(other, 'ed25519', `[127.0.0.1]:${other.port}`))
    const connection = await connect(files)
    const waiting = failure(connection.run(['sleep', '30']))
    await sleep(100)
    const {stdout} = await run('ps', ['-o', 'pid=', '--ppid', String(other.child.pid)])
    for (const pid of stdout.split('\n').map(Number).filter(Boolean)) process.kill(pid, 'SIGKILL')
    expect(await waiting).toMatchObject({code: 'SSH_GONE'})
    if (!connection.closed.aborted) await once(connection.closed, 'abort')
    expect(connection.closed.reason).toMatchObject({code: 'SSH_GONE'})
    expect(await failure((async () => connection.run(['true']))())).toMatchObject({code: 'SSH_GONE'})
    await other.stop()
    await removeFolder(other.folder)
  })
})

test.each([
  ['edge', {address: 'edge', user: undefined, port: undefined}],
  ['ops@edge.example:2222', {address: 'edge.example', user: 'ops', port: 2222}],
  ['ssh://ops@edge:22', {address: 'edge', user: 'ops', port: 22}],
  ['[fd00::1]:2222', {address: 'fd00::1', user: undefined, port: 2222}],
])('reads the jump %s', (text, aim) => {
  expect(jumpAim(text)).toMatchObject(aim)
})
