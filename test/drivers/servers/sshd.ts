import {appendFile, chmod, copyFile, mkdir, readFile, writeFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {userInfo} from 'node:os'
import {join} from 'node:path'
import type {Host, SshSettings} from '../../../src/lib/fleet/types.ts'
import {freePort} from '../../free-port.ts'
import {run, startServer, type Server} from './program.ts'

export const sshdProgram = '/usr/sbin/sshd'

export interface Sshd extends Server {
  readonly port: number
  readonly folder: string
  /** Folder that is first in PATH for whoever logs in. */
  readonly bin: string
  readonly userKey: string
}

export const makeKey = async (file: string, type: string, ...more: string[]): Promise<void> => {
  await run('ssh-keygen', ['-q', '-t', type, '-f', file, '-N', '', '-C', 'test', ...more])
}

/** A real sshd on loopback with host keys of three types; the present user may log in with `user_key`. */
export async function startSshd(folder: string, extra: readonly string[] = []): Promise<Sshd> {
  const bin = join(folder, 'bin')
  await mkdir(bin, {recursive: true})
  await mkdir('/run/sshd', {recursive: true}).catch(() => undefined)
  await Promise.all([
    ...['ed25519', 'ecdsa', 'rsa'].map((type) => makeKey(join(folder, `host_${type}`), type)),
    makeKey(join(folder, 'user_key'), 'ed25519'),
  ])
  await copyFile(join(folder, 'user_key.pub'), join(folder, 'authorized_keys'))
  const port = await freePort()
  await writeFile(
    join(folder, 'sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      ...['ed25519', 'ecdsa', 'rsa'].map((type) => `HostKey ${join(folder, `host_${type}`)}`),
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM yes',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      `SetEnv PATH=${bin}:/usr/local/bin:/usr/bin:/bin`,
      ...extra,
      '',
    ].join('\n'),
  )
  const server = await startServer([sshdProgram, '-D', '-e', '-f', join(folder, 'sshd_config')], port)
  return {...server, port, folder, bin, userKey: join(folder, 'user_key')}
}

export async function hostKeyLine(server: Sshd, type: string, names: string): Promise<string> {
  const [kind, key] = (await readFile(join(server.folder, `host_${type}.pub`), 'utf8')).split(' ')
  return `${names} ${kind} ${key}\n`
}

export interface ClientFiles {
  readonly knownHosts: string
  readonly settings: SshSettings
  readonly host: Host
}

/** An ssh_config as `pp lab up` writes one, with what a test adds. */
export async function clientFor(
  server: Sshd,
  name: string,
  more: readonly string[] = [],
): Promise<ClientFiles> {
  const knownHosts = join(server.folder, `known_hosts_${name}`)
  await appendFile(knownHosts, '')
  const configFile = join(server.folder, `ssh_config_${name}`)
  await writeFile(
    configFile,
    [
      `Host ${name}`,
      '  HostName 127.0.0.1',
      `  Port ${server.port}`,
      // The first value counts, so a test's own come before.
      ...more.map((line) => `  ${line}`),
      `  IdentityFile ${server.userKey}`,
      '  IdentitiesOnly yes',
      '  IdentityAgent none',
      `  UserKnownHostsFile ${knownHosts}`,
      '  GlobalKnownHostsFile none',
      '',
    ].join('\n'),
  )
  const settings = {user: userInfo().username, configFile}
  return {knownHosts, settings, host: {name, address: name, port: undefined, site: 'rack', groups: []}}
}

/** Installs a stand-in program for whoever logs in. */
export async function installProgram(server: Sshd, name: string, text: string): Promise<void> {
  await writeFile(join(server.bin, name), text)
  await chmod(join(server.bin, name), 0o755)
}

export const packageFile = (path: string): string =>
  createRequire(import.meta.url).resolve(`../../../${path}`)
