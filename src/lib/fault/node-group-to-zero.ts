import {setTimeout as sleep} from 'node:timers/promises'

import type {AwsDriver, GroupSizes, NodeGroup} from '../drivers/aws/types.ts'
import {refusal} from '../errors.ts'
import type {Fault, Proof} from './types.ts'

export interface EmptiedGroup {
  readonly group: string
  /** Names it in AWS, for ever. */
  readonly id: string
  /** AWS itself gives the sizes back after so long. */
  readonly expiresSeconds: number
}

/** From the size of a group to the last instance that is going. */
const goSeconds = 120
const paceMs = 500

/**
 * A node group of EKS is made empty: its least and its desired size are set to zero. What they were is an action that AWS itself
 * does when the fault's time is over; so it is on record before anything is set, and needs nobody of pp. Undone before that, a
 * size is given back only where it is still zero.
 *
 * @throws PpError FAULT_GROUP_EMPTY, NODE_GROUP_UNKNOWN, AWS_….
 */
export function nodeGroupToZeroFault(
  aws: AwsDriver,
  {group, id, expiresSeconds}: EmptiedGroup,
): Fault<EmptiedGroup> {
  const name = `pp-fault-${id.toLowerCase()}`
  const now = () => groupNamed(aws, group)
  return {
    async apply() {
      const {min, desired} = await now()
      if (!(await aws.scheduled(group, name))) {
        if (min === 0 && desired === 0) throw empty(group)
        await aws.schedule(group, {name, min, desired, at: new Date(Date.now() + expiresSeconds * 1000)})
      }
      if (min > 0 || desired > 0) await aws.resize(group, {min: 0, desired: 0})
      for (const deadline = performance.now() + goSeconds * 1000; performance.now() < deadline;) {
        if (staying(await now()) === 0) break
        await sleep(paceMs)
      }
      return {group, id, expiresSeconds}
    },
    async undo() {
      const before = await aws.scheduled(group, name)
      if (!before) return
      const back = givenBack(await now(), before)
      if (back.min !== undefined || back.desired !== undefined) await aws.resize(group, back)
      // Last: until then AWS does it, though pp be killed here.
      await aws.unschedule(group, name)
    },
    async proveInForce(): Promise<Proof> {
      const [found, before] = [await now(), await aws.scheduled(group, name)]
      return {
        holds: before !== undefined && found.min === 0 && found.desired === 0 && staying(found) === 0,
        measured: `${sizesOf(found)}, ${before ? `AWS sets ${before.min} and ${before.desired} at ${before.at.toISOString()}` : 'AWS has nothing to set back'}`,
      }
    },
    async proveGone(): Promise<Proof> {
      const [found, before] = [await now(), await aws.scheduled(group, name)]
      return {
        holds: before === undefined,
        measured: `${sizesOf(found)}, ${before ? 'AWS still has what it was' : 'nothing left to set back'}`,
      }
    },
  }
}

/** @throws PpError NODE_GROUP_UNKNOWN. */
export async function groupNamed(aws: AwsDriver, name: string): Promise<NodeGroup> {
  const groups = await aws.listNodeGroups()
  const found = groups.find((one) => one.name === name)
  if (found) return found
  throw refusal('NODE_GROUP_UNKNOWN', {
    message: `There is no node group "${name}"; there are ${groups.map((one) => one.name).join(', ') || 'none'}.`,
    hint: 'Name it in the drill as EKS does: aws eks list-nodegroups',
  })
}

/** Each size that still is what the fault has set, as it was, and never out of the bounds that somebody else has set meanwhile. */
export function givenBack(
  now: Pick<NodeGroup, 'min' | 'desired' | 'max'>,
  before: Required<GroupSizes>,
): GroupSizes {
  const min = now.min === 0 ? Math.min(before.min, now.max) : undefined
  const least = min ?? now.min
  if (now.desired !== 0) return min === undefined || min > now.desired ? {} : {min}
  return {...(min !== undefined && {min}), desired: Math.min(Math.max(before.desired, least), now.max)}
}

const staying = ({instances}: NodeGroup): number => instances.filter(({state}) => state !== 'going').length

const sizesOf = (found: NodeGroup): string =>
  `${found.name}: min ${found.min}, desired ${found.desired}, ${staying(found)} instances that stay`

const empty = (group: string) =>
  refusal('FAULT_GROUP_EMPTY', {
    message: `Node group ${group} has the sizes zero already: there is nothing to take from it.`,
    hint: 'pp status',
  })
