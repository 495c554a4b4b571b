import type {Refused} from '../operation/types.ts'
import {memberOf} from './facts.ts'
import type {ClusterState} from './types.ts'

/**
 * Two members accept writes, and it is for people to end that: on one timeline only they know whose writes count.
 *
 * @returns exit 13, with what to type on which host.
 */
export function twoWritable(state: ClusterState, hosts: readonly [string, string]): Refused {
  const members = hosts.map((host) => {
    const {session, machine} = memberOf(state, host)
    const unit = machine?.unit ?? 'postgresql@MAJOR-NAME.service'
    return {
      host,
      timeline: session?.timeline ?? 0,
      stop: `  on ${host}: sudo systemctl mask --runtime --now ${unit}`,
    }
  })
  const highest = Math.max(...members.map(({timeline}) => timeline))
  const replaced = members.filter(({timeline}) => timeline < highest)
  return {
    kind: 'refused',
    outcome: 'human',
    code: 'TWO_WRITABLE',
    reason: `${members.map(({host, timeline}) => `${host} (timeline ${timeline})`).join(' and ')} both accept writes.`,
    hint: [
      replaced.length === 0
        ? 'Decide whose writes count, and stop the other one at once:'
        : 'Stop the one that was replaced at once:',
      ...(replaced.length === 0 ? members : replaced).map(({stop}) => stop),
      `Then bring it back, its own writes are kept aside: pp db rejoin HOST`,
    ].join('\n'),
  }
}
