import type {HelperHello, VerbArgs, VerbResult} from './verbs.ts'

export type {HelperHello} from './verbs.ts'

/** One running `pp-host` on a host. It serves one request at a time; open a second one for lease traffic. */
export interface Helper {
  readonly host: string
  readonly hello: HelperHello
  /**
   * @throws HelperRefusal: the helper said no and changed nothing, unless its code's explanation says otherwise.
   * @throws HelperLost: no answer will come; `mayHaveRun` tells whether the request can have been executed.
   */
  call<V extends keyof VerbArgs>(verb: V, args: VerbArgs[V], options?: CallOptions): Promise<VerbResult[V]>
  /** The host's CLOCK_BOOTTIME as it is now at the latest guess that is never too late, plus seconds. */
  notAfter(seconds: number): number
  /** How far `notAfter`'s clock may lie behind the host's: the round trip of the hello, seconds. */
  readonly clockUncertaintySeconds: number
  close(): void
  /** Aborts once, with the reason, when the channel has ended. */
  readonly gone: AbortSignal
}

export interface CallOptions {
  /**
   * Default 10; longer than the verb's own `timeoutSeconds`. The helper is not interrupted by it: its answer is
   * dropped when it comes, and requests after it are still served.
   */
  readonly timeoutSeconds?: number
}
