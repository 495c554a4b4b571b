import type {OpenedChange} from './intent.ts'

/** What an operation is about, as part of a sentence. */
export function inWords({kind, intent}: OpenedChange): string {
  const {from, to} = intent
  switch (kind) {
    case 'database-switchover':
      return `the planned change of primary from ${from} to ${to}`
    case 'database-failover':
      return `the failover from ${from} (${intent.condition}) to ${to}`
    case 'database-open':
      return `the opening of ${to}`
    case 'database-restart':
      return `the restart of ${from} in place`
    case 'database-rejoin':
      return `the return of ${from} as a standby of ${to}`
    case 'database-tag':
      return `the tag ${intent.tag} of ${to}`
  }
}
