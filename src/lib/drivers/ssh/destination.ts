import {execFile} from 'node:child_process'
import {homedir, hostname, userInfo} from 'node:os'
import {resolve} from 'node:path'
import {unavailableError} from '../../errors.ts'
import type {SshSettings} from '../../fleet/types.ts'
import {sshUnsupported} from './errors.ts'
import {lookupNames} from './known-hosts.ts'

/** Where and how to log in, after OpenSSH's own client has applied its configuration. */
export interface SshDestination {
  /** Name in the fleet, for messages. */
  readonly label: string
  readonly hostname: string
  readonly port: number
  readonly user: string
  readonly family: 4 | 6 | undefined
  readonly hostKeyAlias: string | undefined
  /** First name that known_hosts files are searched for. */
  readonly lookupName: string
  readonly knownHostsFiles: readonly string[]
  readonly identityFiles: readonly string[]
  /** Only agent keys whose public half lies beside an identity file may be used. */
  readonly identitiesOnly: boolean
  /** Socket of the agent; undefined for none. */
  readonly agentSocket: string | undefined
  /** Hops before the host, nearest first; undefined when the configuration names none. */
  readonly jumps: readonly string[] | undefined
  /** What to type to see the same connection fail or to accept a key. */
  readonly command: string
}

export interface Aim {
  readonly label: string
  /** Alias, name or address. */
  readonly address: string
  readonly port: number | undefined
  readonly user: string | undefined
}

/**
 * Asks `ssh -G`, so that aliases, Match blocks and includes mean what they mean to OpenSSH.
 *
 * @throws PpError SSH_MISSING, SSH_CONFIG_INVALID, SSH_UNSUPPORTED.
 */
export async function resolveDestination(aim: Aim, ssh: SshSettings): Promise<SshDestination> {
  const options = [
    ...(ssh.configFile === undefined ? [] : ['-F', ssh.configFile]),
    ...(aim.port === undefined ? [] : ['-p', String(aim.port)]),
    ...(aim.user === undefined ? [] : ['-l', aim.user]),
  ]
  const answer = await runSsh(['-G', ...options, '--', aim.address])
  if (answer.code === 'ENOENT') {
    throw unavailableError('SSH_MISSING', {
      message: 'The OpenSSH client (ssh) is not installed here.',
      hint: 'apt-get install openssh-client',
    })
  }
  if (answer.code !== 0) {
    throw unavailableError('SSH_CONFIG_INVALID', {
      message: `ssh cannot resolve ${aim.label} (${aim.address}): ${answer.stderr.trim()}`,
      hint: `ssh -G ${[...options, '--', aim.address].join(' ')}`,
    })
  }
  return destination(aim, options, parseAnswer(answer.stdout))
}

interface SshAnswer {
  /** Exit status, or why it could not be started. */
  readonly code: string | number | null | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Without a library for programs: to load one would take longer than this does. */
const runSsh = (args: readonly string[]): Promise<SshAnswer> =>
  new Promise((resolve) => {
    execFile('ssh', args, (error, stdout, stderr) =>
      resolve({code: error === null ? 0 : error.code, stdout, stderr}),
    )
  })

type Configuration = ReadonlyMap<string, readonly string[]>

/** One `key value` a line; a key may come several times. */
function parseAnswer(text: string): Configuration {
  const found = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^(\S+) (.*)$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    found.set(key, [...(found.get(key) ?? []), value])
  }
  return found
}

function destination(aim: Aim, options: readonly string[], configuration: Configuration): SshDestination {
  refuseUnsupported(aim, configuration)
  const one = (key: string): string | undefined => configuration.get(key)?.[0]
  const host = one('hostname') ?? aim.address
  const port = Number(one('port') ?? 22)
  const user = one('user') ?? aim.user ?? userInfo().username
  const hostKeyAlias = one('hostkeyalias')
  const expand = (path: string): string => expandPath(path, {host, port, user, original: aim.address})
  const files = (key: string): string[] =>
    (one(key) ?? '').split(' ').filter((file) => file !== '' && file !== 'none')
  const jumps = one('proxyjump')
  return {
    label: aim.label,
    hostname: host,
    port,
    user,
    family: {inet: 4 as const, inet6: 6 as const}[one('addressfamily') ?? ''],
    hostKeyAlias,
    lookupName: lookupNames(host, port, hostKeyAlias)[0] ?? host,
    knownHostsFiles: [...files('userknownhostsfile'), ...files('globalknownhostsfile')].map(expand),
    identityFiles: (configuration.get('identityfile') ?? []).filter((file) => file !== 'none').map(expand),
    identitiesOnly: one('identitiesonly') === 'yes',
    agentSocket: agentSocket(one('identityagent'), expand),
    jumps: jumps === undefined || jumps === 'none' ? undefined : jumps.split(','),
    command: ['ssh', ...options, aim.address].join(' '),
  }
}

// Left out silently, each of these would make the connection another one than the configuration asks for.
function refuseUnsupported(aim: Aim, configuration: Configuration): void {
  const isSet = (key: string): boolean => ![undefined, 'none', 'no', ''].includes(configuration.get(key)?.[0])
  if (isSet('proxycommand'))
    throw sshUnsupported(aim, 'ProxyCommand', 'Use ProxyJump in ~/.ssh/config (docs/ssh.md)')
  if (isSet('revokedhostkeys')) {
    throw sshUnsupported(aim, 'RevokedHostKeys', 'Mark the keys @revoked in ~/.ssh/known_hosts (docs/ssh.md)')
  }
}

function agentSocket(
  identityAgent: string | undefined,
  expand: (path: string) => string,
): string | undefined {
  if (identityAgent === 'none') return undefined
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK')
    return process.env.SSH_AUTH_SOCK || undefined
  if (identityAgent.startsWith('$')) return process.env[identityAgent.slice(1)] || undefined
  return expand(identityAgent)
}

interface Tokens {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly original: string
}

/** `ssh -G` leaves `~` and `%` tokens as they were written. @see ssh_config(5), "TOKENS" */
function expandPath(path: string, {host, port, user, original}: Tokens): string {
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    d: homedir(),
    h: host,
    i: String(userInfo().uid),
    k: host,
    L: hostname().split('.')[0] ?? '',
    l: hostname(),
    n: original,
    p: String(port),
    r: user,
    u: userInfo().username,
  }
  const expanded = path.replaceAll(/%(.)/g, (token, letter: string) => values[letter] ?? token)
  return expanded === '~' || expanded.startsWith('~/')
    ? resolve(homedir(), `.${expanded.slice(1)}`)
    : resolve(expanded)
}
