import * as z from 'zod'

import type {AwsDriver} from '../../drivers/aws/types.ts'
import type {ClusterReader} from '../../drivers/kubernetes/types.ts'
import {messageOf} from '../../errors.ts'
import type {AwsSeen} from './types.ts'

/** What a cluster-autoscaler writes at each of its rounds, ten seconds apart as a rule. */
const statusPath = '/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status'
/** Without a round for so long it is not there any more. */
const silentMs = 5 * 60_000

const statusSchema = z.object({
  metadata: z.object({annotations: z.record(z.string(), z.string()).default({})}),
  data: z.record(z.string(), z.string()).default({}),
})

/** Node groups as AWS has them, and what the account may still take. What gives no answer is told, never guessed. */
export async function observeAws(
  aws: AwsDriver,
  reader: ClusterReader,
  declared: readonly {readonly name: string}[],
): Promise<AwsSeen> {
  try {
    const all = await aws.listNodeGroups()
    const groups = all.filter(({name}) => declared.some((one) => one.name === name))
    const types = [...new Set(groups.flatMap(({instanceTypes}) => instanceTypes))]
    const subnets = [...new Set(groups.flatMap((group) => group.subnets))]
    const unknown: string[] = []
    const known = async <T>(what: string, asked: Promise<T>): Promise<T | undefined> => {
      try {
        return await asked
      } catch (error) {
        unknown.push(`${what} (${messageOf(error)})`)
        return undefined
      }
    }
    const [status, vcpusOf, quota, used, rooms] = await Promise.all([
      reader.get(statusPath, statusSchema),
      known('the vCPUs of instance types', aws.vcpusOf(types)),
      known('the quota of vCPUs', aws.vcpuQuota()),
      known('the vCPUs that are used', aws.vcpusUsed()),
      known('free addresses of subnets', subnets.length === 0 ? Promise.resolve([]) : aws.roomIn(subnets)),
    ])
    const scaled = status && isFresh(status) ? Object.values(status.data).join('\n') : ''
    return {
      kind: 'seen',
      groups: groups.map((group) => ({
        ...group,
        isOfAutoscaler: group.scalingGroup !== '' && scaled.includes(group.scalingGroup),
        // A group of several types may get any of them: the largest.
        vcpus: group.isSpot ? undefined : largest(group.instanceTypes.map((type) => vcpusOf?.get(type))),
      })),
      quota: quota === undefined || used === undefined ? undefined : {vcpus: quota, used},
      addresses: Object.fromEntries((rooms ?? []).map(({subnet, freeAddresses}) => [subnet, freeAddresses])),
      unknown,
    }
  } catch (error) {
    return {kind: 'silent', because: messageOf(error)}
  }
}

function isFresh({metadata}: z.output<typeof statusSchema>): boolean {
  const at = metadata.annotations['cluster-autoscaler.kubernetes.io/last-updated'] ?? ''
  // As Go prints a time: 2026-11-27 12:00:00.123456789 +0000 UTC.
  const updated = Date.parse(at.replace(/^(\S+) (\d\d:\d\d:\d\d)\S* .*$/, '$1T$2Z'))
  return Number.isNaN(updated) || Date.now() - updated < silentMs
}

const largest = (numbers: readonly (number | undefined)[]): number | undefined =>
  numbers.reduce((most, one) => (one === undefined ? most : Math.max(most ?? 0, one)), undefined)
