import type {Duplex} from 'node:stream'
import type {Helper} from '../helper/types.ts'

/** One SSH connection to one host, its key verified. Everything `pp` does on that host goes through it. */
export interface HostConnection {
  readonly host: string
  /**
   * Runs a program there without a shell's reading of its arguments.
   *
   * @throws PpError SSH_TIMED_OUT after the remote process was told to end; SSH_GONE when the connection was
   *   lost, and then the program may have run.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Opens `pp-host` in a channel of its own; a second call opens a second process. @throws PpError HELPER_*. */
  openHelper(options?: {readonly timeoutSeconds?: number}): Promise<Helper>
  /** A connection that the host makes to `host:port` as seen from there. @throws PpError FORWARD_REFUSED. */
  forwardTcp(host: string, port: number): Promise<Duplex>
  /** A connection that the host makes to a Unix socket of its own. @throws PpError FORWARD_REFUSED. */
  forwardSocket(path: string): Promise<Duplex>
  close(): void
  /** Aborts once, with the reason, when the connection has ended, whoever ended it. */
  readonly closed: AbortSignal
}

export interface RunOptions {
  /** Default 30. */
  readonly timeoutSeconds?: number
  /** Written to the program's standard input, which is then closed. */
  readonly input?: string
}

export interface RunResult {
  /** Exit status; 128 + n when signal n ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface OpenHostOptions {
  /** For everything: name look-up, every jump, key exchange and authentication. */
  readonly connectSeconds: number
}
