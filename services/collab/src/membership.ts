import type {Connection} from '@hocuspocus/server'

import type {Access, Pass} from './access.ts'
import {closes, type Close} from './closes.ts'

/** A token is asked for so long before the one at hand expires, or half its life. */
const renewMs = 30_000
/** The most that a timer can wait, about. */
const dayMs = 86_400_000

export interface MembershipOptions {
  readonly access: Access
  /** How often projects is asked. */
  readonly intervalMs: number
  /** How long it may be without an answer. */
  readonly limitMs: number
  readonly close: (close: Close) => void
}

/**
 * Sees to it that somebody is in a design only as long as projects lets them and their token is valid: asks projects again and
 * again, asks the client for a new token in time, and closes the socket of who has none or is no member any more.
 */
export class Membership {
  readonly #connection: Connection
  readonly #options: MembershipOptions
  readonly #asking: NodeJS.Timeout
  #pass: Pass
  #confirmedAtMs = performance.now()
  #renewing: NodeJS.Timeout | undefined
  #ending: NodeJS.Timeout | undefined

  constructor(connection: Connection, pass: Pass, options: MembershipOptions) {
    this.#connection = connection
    this.#pass = pass
    this.#options = options
    // Not all of those at once who came at once.
    const intervalMs = options.intervalMs * (0.8 + 0.2 * Math.random())
    this.#asking = setInterval(() => void this.#ask(), intervalMs).unref()
    this.#awaitExpiry()
    connection.onClose(() => {
      clearInterval(this.#asking)
      this.#stopWaiting()
    })
  }

  /** Takes a token that the client has sent. */
  async renew(token: string): Promise<void> {
    if (token === this.#pass.token) return
    const pass = await this.#options.access.passOf(token)
    // The one at hand is good until it expires.
    if (pass === 'unknown') return
    if (pass === 'refused' || pass.user.id !== this.#pass.user.id) {
      this.#options.close(closes.unauthenticated)
      return
    }
    this.#pass = pass
    if (this.#isOpen) this.#awaitExpiry()
    await this.#ask()
  }

  get #isOpen(): boolean {
    return this.#connection.document.hasConnection(this.#connection)
  }

  #awaitExpiry(): void {
    this.#stopWaiting()
    const leftMs = Math.min(this.#pass.expiresAtMs - Date.now(), dayMs)
    const renewInMs = leftMs - Math.min(renewMs, leftMs / 2)
    this.#renewing = setTimeout(() => this.#connection.requestToken(), renewInMs).unref()
    this.#ending = setTimeout(() => this.#options.close(closes.unauthenticated), leftMs).unref()
  }

  #stopWaiting(): void {
    clearTimeout(this.#renewing)
    clearTimeout(this.#ending)
  }

  async #ask(): Promise<void> {
    const {access, limitMs, close} = this.#options
    const verdict = await access.ask(this.#connection.document.name, this.#pass.token)
    if (verdict === 'refused') close(closes.refused)
    else if (verdict === 'allowed') this.#confirmedAtMs = performance.now()
    else if (performance.now() - this.#confirmedAtMs > limitMs) close(closes.later)
  }
}
