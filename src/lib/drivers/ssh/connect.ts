import {readFile} from 'node:fs/promises'
import {connect as connectSocket} from 'node:net'
import type {Duplex} from 'node:stream'

import type {Client, ClientErrorExtensions, ServerHostKeyAlgorithm} from 'ssh2'
import type {Host, SshSettings} from '../../fleet/types.ts'
import {messageOf, PpError} from '../../errors.ts'
import {resolveDestination, type Aim, type SshDestination} from './destination.ts'
import {
  hostKeyChanged,
  hostKeyRevoked,
  hostKeyUnknown,
  sshDenied,
  sshFailed,
  sshUnreachable,
  sshUnsupported,
} from './errors.ts'
import {judgeHostKey, trustFor, type HostTrust} from './host-key.ts'
import type {Identities} from './identities.ts'
import {parseKnownHosts} from './known-hosts.ts'

/** A connection after authentication, and how to end it with every hop before it. */
export interface SshLink {
  readonly client: Client
  readonly destination: SshDestination
  close(): void
}

/** A host that is silent for this long is given up: 3 questions, 2 s apart, none answered. */
const keepalive = {keepaliveInterval: 2000, keepaliveCountMax: 3}

const mostHops = 8

/**
 * Connects, through its jumps where it has some, verifies every host key and authenticates.
 *
 * @param onReached told when the host has taken a connection, though nothing may come of it.
 * @throws PpError SSH_UNREACHABLE, SSH_DENIED, SSH_FAILED, HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, HOST_KEY_REVOKED,
 *   and what `resolveDestination` throws.
 */
export async function connectHost(
  host: Host,
  ssh: SshSettings,
  connectSeconds: number,
  onReached: () => void = () => undefined,
): Promise<SshLink> {
  const aim = {label: host.name, address: host.address, port: host.port, user: ssh.user}
  const deadline = new Deadline(connectSeconds)
  try {
    return await connectThrough(aim, undefined, ssh, deadline, 0, onReached)
  } finally {
    deadline.clear()
  }
}

async function connectThrough(
  aim: Aim,
  via: readonly string[] | undefined,
  ssh: SshSettings,
  deadline: Deadline,
  depth: number,
  onReached: () => void = () => undefined,
): Promise<SshLink> {
  const reached = <T>(stream: T): T => {
    onReached()
    return stream
  }
  const to = await resolveDestination(aim, ssh)
  if (depth > mostHops)
    throw sshUnsupported(to, `more than ${mostHops} ProxyJump hops (or a loop)`, to.command)
  const jumps = via ?? to.jumps ?? []
  const last = jumps.at(-1)
  if (last === undefined) return await login(to, () => openSocket(to, deadline).then(reached), deadline)
  // As `ssh -J a,b host` does: b is reached through a, and a as its own configuration says.
  const before = jumps.slice(0, -1)
  const hop = await connectThrough(
    jumpAim(last),
    before.length > 0 ? before : undefined,
    ssh,
    deadline,
    depth + 1,
  )
  try {
    const link = await login(to, () => deadline.within(to, openThrough(hop, to)).then(reached), deadline)
    return {
      ...link,
      close: () => {
        link.close()
        hop.close()
      },
    }
  } catch (error) {
    hop.close()
    throw error
  }
}

/** `[user@]host[:port]`, also with `ssh://` before it and with an IPv6 address in brackets. */
export function jumpAim(text: string): Aim {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  const address = bracketed ?? plain ?? text
  return {label: address, address, port: port === undefined ? undefined : Number(port), user}
}

async function openSocket(to: SshDestination, deadline: Deadline): Promise<Duplex> {
  const socket = connectSocket({host: to.hostname, port: to.port, family: to.family ?? 0, noDelay: true})
  const {promise, resolve, reject} = Promise.withResolvers<undefined>()
  socket
    .once('connect', () => {
      resolve(undefined)
    })
    .once('error', reject)
  try {
    await deadline.within(to, promise)
    // Whoever takes the socket listens for errors of its own.
    socket.removeListener('error', reject)
    return socket
  } catch (error) {
    socket.on('error', () => undefined).destroy()
    throw error instanceof PpError ? error : sshUnreachable(to, messageOf(error), error)
  }
}

const openThrough = (hop: SshLink, to: SshDestination): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    hop.client.forwardOut('127.0.0.1', 0, to.hostname, to.port, (error, channel) => {
      if (error)
        reject(sshUnreachable(to, `${hop.destination.label} cannot reach it: ${error.message}`, error))
      else resolve(channel)
    })
  })

async function login(to: SshDestination, open: () => Promise<Duplex>, deadline: Deadline): Promise<SshLink> {
  const trust = trustFor(await knownKeys(to), {hostname: to.hostname, port: to.port, alias: to.hostKeyAlias})
  // Known before anything is sent: an unknown host is not even spoken to.
  if (trust.trusted.length === 0) throw hostKeyUnknown(to)
  if (trust.algorithms.length === 0) {
    const types = trust.trusted.map((line) => line.type).join(', ')
    throw sshUnsupported(to, `only host keys of type ${types} (known_hosts)`, to.command)
  }
  // Under way while the SSH library loads, which takes longer; it may fail before anybody waits for it.
  const opening = open()
  opening.catch(() => undefined)
  try {
    const {identitiesOf} = await import('./identities.ts')
    const identities = await identitiesOf(to)
    return await handshake(to, await opening, trust, identities, deadline)
  } catch (error) {
    opening.then((stream) => stream.destroy()).catch(() => undefined)
    throw error
  }
}

async function handshake(
  to: SshDestination,
  stream: Duplex,
  trust: HostTrust,
  identities: Identities,
  deadline: Deadline,
): Promise<SshLink> {
  const {NodeSSH} = await import('node-ssh')
  let hostKeyError: PpError | undefined
  const node = new NodeSSH()
  const connecting = node.connect({
    sock: stream,
    username: to.user,
    authHandler: [...identities.methods],
    algorithms: {serverHostKey: [...trust.algorithms] as ServerHostKeyAlgorithm[]},
    hostVerifier: (key: Buffer) => {
      hostKeyError = hostKeyProblem(to, trust, key)
      return hostKeyError === undefined
    },
    readyTimeout: 0,
    ...keepalive,
  })
  const client = node.connection
  if (!client) throw new Error('node-ssh has no client after connect()')
  // For the connection's whole life: without a listener an error on it would end pp.
  client.on('error', () => undefined)
  try {
    await deadline.within(to, connecting)
  } catch (error) {
    client.destroy()
    stream.destroy()
    throw hostKeyError ?? loginError(to, trust, identities, error)
  }
  return {
    client,
    destination: to,
    close: () => {
      client.end()
    },
  }
}

function hostKeyProblem(to: SshDestination, trust: HostTrust, key: Buffer): PpError | undefined {
  const verdict = judgeHostKey(trust, key)
  switch (verdict.kind) {
    case 'trusted':
      return undefined
    case 'unknown':
      return hostKeyUnknown(to)
    case 'revoked':
      return hostKeyRevoked(to, verdict.line)
    case 'changed':
      return hostKeyChanged(to, verdict.lines, 'a host key')
  }
}

/** Turns what ssh2 says into ours. @see https://github.com/mscdex/ssh2#client-events "error" levels */
function loginError(to: SshDestination, trust: HostTrust, identities: Identities, error: unknown): PpError {
  if (error instanceof PpError) return error
  const level = Error.isError(error) ? (error as Error & ClientErrorExtensions).level : undefined
  if (level === 'client-authentication') return sshDenied(to, identities.tried, error)
  if (level === 'handshake' && /no matching host key/i.test(messageOf(error))) {
    return hostKeyChanged(to, trust.trusted, 'a host key of another type')
  }
  if (
    level === 'client-socket' ||
    level === 'client-timeout' ||
    /No response from server|ended by|Connection lost/i.test(messageOf(error))
  ) {
    return sshUnreachable(to, messageOf(error), error)
  }
  return sshFailed(to, error)
}

async function knownKeys(to: SshDestination): Promise<ReturnType<typeof parseKnownHosts>> {
  const files = await Promise.all(
    to.knownHostsFiles.map(async (file) => {
      try {
        return parseKnownHosts(await readFile(file, 'utf8'), file)
      } catch {
        // Most people have only one of the four files that OpenSSH looks for.
        return []
      }
    }),
  )
  return files.flat()
}

/** One deadline over all hops. */
class Deadline {
  readonly #seconds: number
  readonly #passed = Promise.withResolvers<'passed'>()
  readonly #timer: NodeJS.Timeout

  constructor(seconds: number) {
    this.#seconds = seconds
    this.#timer = setTimeout(() => {
      this.#passed.resolve('passed')
    }, seconds * 1000)
  }

  async within<T>(to: SshDestination, work: Promise<T>): Promise<T> {
    const guarded = work.then((value) => ({value}))
    const first = await Promise.race([guarded, this.#passed.promise])
    if (first !== 'passed') return first.value
    guarded.catch(() => undefined)
    throw sshUnreachable(to, `no answer within ${this.#seconds} s`)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
