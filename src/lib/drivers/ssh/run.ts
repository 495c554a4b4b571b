import {constants} from 'node:os'
import type {Client, ClientChannel} from 'ssh2'
import {unavailableError, type PpError} from '../../errors.ts'
import {sshGone} from './errors.ts'
import {shellWords} from './shell-words.ts'
import type {RunOptions, RunResult} from './types.ts'

/** More output than this is a mistake; nobody reads on. */
const mostOutputBytes = 16 * 1024 * 1024

/** After this long a program that was told to end is killed, there. */
const graceSeconds = 1

/** How long a session is asked for again while others of the same connection end. */
const fullSeconds = 5

/** How long after the deadline the host's own answer about it is waited for. */
const answerSeconds = 0.5

/**
 * Runs one program over an open connection.
 *
 * `timeout` ends it on the host, with its children: also where this connection is lost or `pp` is killed meanwhile.
 */
export async function runOn(
  host: string,
  client: Client,
  argv: readonly string[],
  {timeoutSeconds = 30, input = ''}: RunOptions,
): Promise<RunResult> {
  const command = `exec ${shellWords(['timeout', '-k', String(graceSeconds), String(timeoutSeconds), ...argv])}`
  const startedAt = performance.now()
  const result = await execute(host, client, command, input, timeoutSeconds + answerSeconds)
  const isOver = performance.now() - startedAt >= timeoutSeconds * 1000
  if (result === undefined) throw timedOut(host, argv, `gave no answer within ${timeoutSeconds} s`)
  if (isOver && (result.status === 124 || result.status === 137)) {
    throw timedOut(host, argv, `was ended after ${timeoutSeconds} s`)
  }
  return result
}

/** @returns undefined when the host is silent. */
function execute(
  host: string,
  client: Client,
  command: string,
  input: string,
  seconds: number,
): Promise<RunResult | undefined> {
  const {promise, resolve, reject} = Promise.withResolvers<RunResult | undefined>()
  const startedAt = performance.now()
  let open: ClientChannel | undefined
  const timer = setTimeout(() => {
    open?.destroy()
    resolve(undefined)
  }, seconds * 1000)
  const settle = (result: RunResult | Error): void => {
    clearTimeout(timer)
    if (result instanceof Error) reject(result)
    else resolve(result)
  }
  const attempt = (): void => {
    client.exec(command, {}, (error, channel) => {
      if (error && isFull(error) && performance.now() - startedAt < fullSeconds * 1000)
        setTimeout(attempt, 25)
      else if (error) settle(isFull(error) ? sessionsUsedUp(host, error) : sshGone(host, error))
      else {
        open = channel
        // Here and not after an await: a quick program's whole answer comes in the same packet as the channel.
        collect(channel, (result) => {
          settle(result ?? sshGone(host))
        })
        channel.end(input)
      }
    })
  }
  attempt()
  return promise
}

/** sshd refuses sessions beyond MaxSessions (10), and counts one until its process has been waited for. */
const isFull = (error: Error): boolean => 'reason' in error && error.reason === 2

function collect(channel: ClientChannel, ended: (result: RunResult | undefined) => void): void {
  const out = new Output()
  const err = new Output()
  channel.on('data', (chunk: Buffer) => {
    out.add(chunk)
  })
  channel.stderr.on('data', (chunk: Buffer) => {
    err.add(chunk)
  })
  channel.on('error', () => undefined)
  channel.on('close', (code?: number | null, signal?: string) => {
    const status = code ?? (signal === undefined ? undefined : 128 + signalNumber(signal))
    ended(status === undefined ? undefined : {status, stdout: out.text(), stderr: err.text()})
  })
}

class Output {
  readonly #chunks: Buffer[] = []
  #bytes = 0

  add(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes <= mostOutputBytes) this.#chunks.push(chunk)
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}

/** SSH says `KILL`, ssh2 `SIGKILL`. */
const signalNumber = (name: string): number =>
  new Map<string, number>(Object.entries(constants.signals)).get(`SIG${name.replace(/^SIG/, '')}`) ?? 0

const sessionsUsedUp = (host: string, cause: Error): PpError =>
  unavailableError('SSH_FAILED', {
    message: `${host} opens no further session on this connection (MaxSessions of its sshd): ${cause.message}.`,
    hint: 'pp status',
    cause,
  })

const timedOut = (host: string, argv: readonly string[], how: string): PpError =>
  unavailableError('SSH_TIMED_OUT', {message: `${argv[0] ?? ''} on ${host} ${how}.`, hint: 'pp status'})
