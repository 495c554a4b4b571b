import {execFileSync} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {createServer, type AddressInfo, type Server, type Socket} from 'node:net'
import {join} from 'node:path'

import {TemporaryFleet} from './temporary-fleet.ts'

/** A fleet whose hosts are known and take connections, and then say nothing: pp gets as far as logging in. */
export class SilentFleet implements Disposable {
  readonly #fleet = new TemporaryFleet()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
    })
    const {port} = server.address() as AddressInfo
    const hosts = (names: readonly string[]) =>
      names.map((name) => `${name}: {ansible_host: 127.0.0.1, ansible_port: ${port}}`).join(', ')
    this.#fleet.write(
      'hosts.yaml',
      `all: {children: {database_main: {hosts: {${hosts(['db1', 'db2', 'db3'])}}}, pooler_main: {hosts: {${hosts(['edge1'])}}}}}`,
    )
    this.#fleet.write('admin', 'secret')
    const key = join(this.#fleet.folder, 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    this.#fleet.write('known_hosts', `[127.0.0.1]:${port} ${readFileSync(`${key}.pub`, 'utf8')}`)
    this.#fleet.write(
      'ssh_config',
      `Host *\n  IdentityFile ${key}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${join(this.#fleet.folder, 'known_hosts')}\n`,
    )
  }

  static async create(): Promise<SilentFleet> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new SilentFleet(server)
  }

  get file(): string {
    return this.#fleet.file
  }

  /** What pp needs beside the fleet file, whatever this process's own variables are. */
  get env(): Readonly<Record<string, string>> {
    return {
      PP_SSH_CONFIG: join(this.#fleet.folder, 'ssh_config'),
      NODE_OPTIONS: '',
      PP_ENV: '',
      PP_FLEET: '',
      PP_LAB: '',
      PROBE: 'secret',
    }
  }

  /** Resolves at the next connection to a host. */
  async connected(): Promise<void> {
    await once(this.#server, 'connection')
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    this.#fleet[Symbol.dispose]()
  }
}
