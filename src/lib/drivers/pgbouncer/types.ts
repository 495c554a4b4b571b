/** One PgBouncer process, reached on its own Unix socket through the host's SSH connection, with two consoles. */
export interface PoolerProcess {
  readonly host: string
  readonly process: string
  /** Such as 1.18.0. */
  readonly version: string
  /**
   * Asks for `PAUSE db` on the first console. The answer proves nothing: ask `isDrained`. Already paused is
   * success, and so is an entry that a guard has taken out: nobody gets through there.
   *
   * @throws PpError POOLER_PAUSE_TIMED_OUT: it is still pending; `takeBack` ends it.
   */
  pause(db: string, options?: {readonly timeoutSeconds?: number}): Promise<void>
  /**
   * Asks for `PAUSE` of all these entries at once, so that none of it goes out later, and waits until it is seen, never for
   * the server connections to close.
   *
   * @returns entries that do not show it within a second; one that a guard has taken out lets nobody through anyway.
   */
  hold(dbs: readonly string[]): Promise<readonly string[]>
  /** `RESUME db` on the second console. Not paused is success. */
  resume(db: string): Promise<void>
  /** Ends a pause that is pending or complete: RESUME on the second console, first console destroyed. */
  takeBack(db: string): Promise<void>
  /** Opens a first console again after `takeBack`, for the next try. Not for use inside the window. */
  reopen(): Promise<void>
  reload(): Promise<void>
  /**
   * RELOAD, `SET server_login_retry=0` and RESUME of these entries, sent as one. Between a RELOAD that moves an entry and
   * its RESUME a new client starts a login, which the pause cuts short; then PgBouncer turns new clients away until a
   * login succeeds. The login retry stays 0 until `setLoginRetry` or the next RELOAD.
   */
  reloadAndResume(dbs: readonly string[]): Promise<void>
  /** Ends every connection of the database, clients' included, and pauses it until `resume`. */
  kill(db: string): Promise<void>
  disable(db: string): Promise<void>
  enable(db: string): Promise<void>
  /** Every RELOAD resets it to the file's value. */
  setLoginRetry(seconds: number): Promise<void>
  databases(): Promise<readonly PoolerDatabase[]>
  servers(): Promise<readonly PoolerServer[]>
  clients(): Promise<readonly PoolerClient[]>
  pools(): Promise<readonly PoolerPool[]>
  config(): Promise<PoolerConfig>
  /**
   * True when the database is paused and no server connection of it goes to that member any more, logins in progress
   * included. Not paused (yet) is never drained: an idle pool has no connection either, and opens one at any moment.
   * A connection whose address cannot be told from the member's counts as one to it.
   *
   * @param member name or address as the `[databases]` entry spells it; any server when left out.
   */
  isDrained(db: string, member?: string): Promise<boolean>
  close(): void
  /** Aborts once when the second console is lost: the process can no longer be resumed from here. */
  readonly lost: AbortSignal
}

export interface PoolerAddress {
  readonly name: string
  readonly socketDirectory: string
  readonly port: number
}

export interface PoolerCredential {
  readonly user: string
  readonly password: string
}

/** A row of SHOW DATABASES. */
export interface PoolerDatabase {
  /** Name clients ask for; `*` is the fallback entry. */
  readonly name: string
  /** Undefined: the local Unix socket. */
  readonly host: string | undefined
  readonly port: number
  readonly database: string
  readonly forceUser: string | undefined
  /** `session`, `transaction`, `statement`; undefined: the process's default applies. */
  readonly poolMode: string | undefined
  readonly poolSize: number
  readonly currentConnections: number
  readonly isPaused: boolean
  readonly isDisabled: boolean
}

/** A row of SHOW SERVERS. */
export interface PoolerServer {
  readonly database: string
  readonly user: string
  /** `active`, `idle`, `used`, `tested`, `new`, `active_cancel`, `being_canceled`. */
  readonly state: string
  /** Address as resolved by PgBouncer. */
  readonly address: string
  readonly port: number
  readonly closeNeeded: boolean
  /** Process id of the server's backend; 0 while it is not known. */
  readonly remotePid: number
  readonly connectTime: string
}

/** A row of SHOW CLIENTS. */
export interface PoolerClient {
  readonly database: string
  readonly user: string
  /** `active`, `waiting`, `idle`, `active_cancel_req`, `waiting_cancel_req`. */
  readonly state: string
  readonly address: string
  readonly port: number
  readonly waitSeconds: number
  readonly applicationName: string
}

/** A row of SHOW POOLS. */
export interface PoolerPool {
  readonly database: string
  readonly user: string
  readonly clientsActive: number
  readonly clientsWaiting: number
  readonly serversActive: number
  readonly serversIdle: number
  /** Connections that are not `active` or `idle`: used, tested, logging in, being cancelled. */
  readonly serversOther: number
  readonly serversLogin: number
  readonly maxWaitSeconds: number
  readonly poolMode: string
}

/** SHOW CONFIG; the settings `pp` decides by are parsed, all others are in `all`. Seconds; 0 is "never". */
export interface PoolerConfig {
  readonly poolMode: string
  readonly queryWaitTimeout: number
  readonly clientLoginTimeout: number
  readonly serverLoginRetry: number
  readonly serverConnectTimeout: number
  readonly dnsMaxTtl: number
  readonly configFile: string | undefined
  readonly all: ReadonlyMap<string, string>
}
