import {copyToVoters} from './copies.ts'
import {chainOnVoters} from './elsewhere.ts'
import {acquireLock, mayBeLocked} from './lock.ts'
import type {Keeper, LockHosts} from './types.ts'

/** Voters as keepers of a target's lock. @param hosts who of them answers now: asked anew each time. */
export function keptByVoters(target: string, hosts: () => LockHosts): Keeper {
  return {
    async acquire(request) {
      const lease = await acquireLock({...hosts(), ...request, target})
      return {...lease, raise: () => lease.raise(hosts())}
    },
    mayBeLocked(operation) {
      const {voters, votersInAll} = hosts()
      return mayBeLocked({target, operation, votersInAll}, voters)
    },
    knowsBefore: false,
    chain: (operation) => chainOnVoters(operation, hosts().voters, target),
    copies: (journal, gatherMs) => copyToVoters(journal, hosts().voters, target, gatherMs),
  }
}
