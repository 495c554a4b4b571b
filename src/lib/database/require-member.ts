import {againWith} from '../again.ts'
import {usageError} from '../errors.ts'
import type {Database} from '../fleet/types.ts'
import {nearest} from '../nearest.ts'

/** @throws PpError MEMBER_UNKNOWN. */
export function requireMember({name, members}: Database, host: string): void {
  if (members.includes(host)) return
  const suggestion = nearest(host, members)
  throw usageError('MEMBER_UNKNOWN', {
    message: `${host} is no member of ${name}; its members are ${members.join(', ')}.`,
    hint: suggestion === undefined ? 'pp db status' : againWith(host, suggestion),
  })
}
