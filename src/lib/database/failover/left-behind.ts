import {parseConninfo} from '../conninfo.ts'
import {memberOf} from '../facts.ts'
import type {ClusterState, MemberState} from '../types.ts'

/**
 * Why a standby says nothing about a lost primary's writes: it did not get them, so neither does it take over nor does its
 * vote prove anything. One that still looks for an earlier primary was once promoted over all that the last one wrote, and
 * the loss was called 0, because its timeline has no more WAL on the lost primary's disk either.
 */
export function leftBehind(state: ClusterState, member: MemberState, from: string): string | undefined {
  if (member.host === from) return 'it is the lost primary'
  const {session} = member
  if (!session) return undefined
  const lost = memberOf(state, from)
  const timeline = Math.max(lost.session?.timeline ?? 0, lost.machine?.control?.timeline ?? 0)
  if (session.timeline < timeline)
    return `left behind on timeline ${session.timeline}; ${from} is on ${timeline}`
  const upstream = parseConninfo(session.settings.primaryConninfo).get('host')
  return upstream === from ? undefined : `follows ${upstream ?? 'nobody'}, not ${from}`
}
