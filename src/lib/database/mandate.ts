import {uptime} from 'node:os'

import type {Helper} from '../drivers/helper/types.ts'
import type {Mandate} from '../drivers/helper/verbs.ts'
import type {Cluster} from './cluster.ts'

/** What an executor needs beside the step: open connections, and in whose name it acts. */
export interface Acting {
  readonly cluster: Cluster
  readonly operation: string
  /** Token of the held lock; every helper refuses an older one. */
  readonly token: () => number
  readonly leaseLeftSeconds: () => number
  readonly isInterrupted: () => boolean
  readonly detail: (text: string) => void
}

/**
 * The right to act on one host for so many seconds of that host's own clock.
 *
 * @param since `uptime()` that the seconds count from: what has passed since then is used up.
 */
export function mandate(
  {cluster, operation, token}: Acting,
  helper: Helper,
  seconds: number,
  since?: number,
): Mandate {
  // The host's clock is read first: being stopped between the two shortens the right, it never prolongs it.
  const now = helper.notAfter(0)
  const passed = since === undefined ? 0 : uptime() - since
  return {target: cluster.database.name, operation, token: token(), notAfter: now + seconds - passed}
}

/**
 * The same, ended by the lease: for what makes a member writable. A colleague who takes over raises the token on every
 * host that he reaches; on one that he does not, only the time keeps our late command from being done.
 */
export function leasedMandate(acting: Acting, helper: Helper, seconds: number): Mandate {
  const order = mandate(acting, helper, 0)
  return {...order, notAfter: order.notAfter + Math.min(seconds, acting.leaseLeftSeconds())}
}
