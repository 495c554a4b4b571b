import type {Helper} from '../drivers/helper/types.ts'
import type {Mandate} from '../drivers/helper/verbs.ts'
import type {Cluster} from './cluster.ts'

/** What an executor needs beside the step: open connections, and in whose name it acts. */
export interface Acting {
  readonly cluster: Cluster
  readonly operation: string
  /** Token of the held lock; every helper refuses an older one. */
  readonly token: () => number
  readonly detail: (text: string) => void
}

/** The right to act on one host for so many seconds of that host's own clock. */
export function mandate({cluster, operation, token}: Acting, helper: Helper, seconds: number): Mandate {
  return {target: cluster.database.name, operation, token: token(), notAfter: helper.notAfter(seconds)}
}
