import type {Duplex} from 'node:stream'
import type {Client, ClientChannel} from 'ssh2'
import {messageOf, type PpError} from '../../errors.ts'
import {deniedError, unavailableError} from '../../errors.ts'
import type {Host, SshSettings} from '../../fleet/types.ts'
import {startHelper} from '../helper/start.ts'
import type {Helper} from '../helper/types.ts'
import {connectHost, type SshLink} from './connect.ts'
import {sshGone} from './errors.ts'
import {runOn} from './run.ts'
import type {HostConnection, OpenHostOptions, RunOptions, RunResult} from './types.ts'

/**
 * Opens the one connection to a host.
 *
 * @throws PpError SSH_UNREACHABLE (see `isUnreachable`) when it does not answer in time; SSH_DENIED,
 *   HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, HOST_KEY_REVOKED when it must not be used; SSH_MISSING, SSH_CONFIG_INVALID,
 *   SSH_UNSUPPORTED when this machine's configuration is at fault.
 */
export async function openHost(
  host: Host,
  ssh: SshSettings,
  options: OpenHostOptions,
): Promise<HostConnection> {
  return new SshConnection(host.name, await connectHost(host, ssh, options.connectSeconds))
}

const forwardSeconds = 2

class SshConnection implements HostConnection {
  readonly host: string
  readonly #link: SshLink
  readonly #closed = new AbortController()

  constructor(host: string, link: SshLink) {
    this.host = host
    this.#link = link
    let cause: unknown
    link.client.on('error', (error) => {
      cause = error
    })
    link.client.once('close', () => {
      this.#closed.abort(sshGone(host, cause))
    })
  }

  get closed(): AbortSignal {
    return this.#closed.signal
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    this.closed.throwIfAborted()
    return runOn(this.host, this.#link.client, argv, options)
  }

  async openHelper(options: {readonly timeoutSeconds?: number} = {}): Promise<Helper> {
    const askedAt = performance.now()
    const channel = await this.#open<ClientChannel>('the host helper', (client, done) => {
      client.exec('exec sudo -n /usr/local/sbin/pp-host', {}, done)
    })
    return await startHelper(this.host, channel, {askedAt, timeoutSeconds: options.timeoutSeconds ?? 5})
  }

  forwardTcp(host: string, port: number): Promise<Duplex> {
    return this.#open(`${host}:${port}`, (client, done) =>
      client.forwardOut('127.0.0.1', 0, host, port, done),
    )
  }

  forwardSocket(path: string): Promise<Duplex> {
    return this.#open(path, (client, done) => client.openssh_forwardOutStreamLocal(path, done))
  }

  close(): void {
    this.#link.close()
    this.#closed.abort(sshGone(this.host))
  }

  /** Opens a channel; one that comes after the deadline is closed, so that nothing is left open over there. */
  #open<T extends Duplex>(
    what: string,
    ask: (client: Client, done: (error: Error | undefined, channel: T) => void) => void,
  ): Promise<T> {
    this.closed.throwIfAborted()
    return new Promise((resolve, reject) => {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        reject(forwardFailed(this.host, what, new Error(`no answer within ${forwardSeconds} s`)))
      }, forwardSeconds * 1000)
      ask(this.#link.client, (error, channel) => {
        clearTimeout(timer)
        if (error)
          reject(
            this.closed.aborted ? (this.closed.reason as PpError) : forwardFailed(this.host, what, error),
          )
        else if (isLate) channel.destroy()
        else resolve(channel)
      })
    })
  }
}

/** The server says why in a number. @see https://www.rfc-editor.org/rfc/rfc4254#section-5.1 */
function forwardFailed(host: string, what: string, cause: Error): PpError {
  const isForbidden = 'reason' in cause && cause.reason === 1
  const details = {
    message: `${host} cannot connect to ${what}: ${messageOf(cause)}.`,
    hint: 'pp status',
    cause,
  }
  return isForbidden ? deniedError('FORWARD_DENIED', details) : unavailableError('FORWARD_FAILED', details)
}
