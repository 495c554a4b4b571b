import type {AwsRoom, ClusterFacts, NodeGroup} from '../facts.ts'
import {sum} from '../sum.ts'

/** How far a node group may grow. */
export interface GroupRoom {
  /** Nodes beside those that are there, with those that are on their way already. */
  readonly nodes: number
  /** Those of them that are on their way. */
  readonly coming: number
  /** What keeps it from more, in words. */
  readonly because: string
  /** What to do about it, where the fleet file's own maximum does not decide. */
  readonly raise: string | undefined
}

/** What groups that grow in the same plan take of the account. */
export interface Taken {
  readonly vcpus: number
  /** Addresses, whatever the subnet. */
  readonly addresses: number
}

/**
 * The tightest of: the fleet file's maximum, that of the group in EKS, the account's vCPUs, the addresses of its subnets. What is not
 * known bounds nothing. Where AWS gives no answer, or has no such group, it does not grow.
 */
export function roomFor(
  {aws, cluster}: Pick<ClusterFacts, 'aws' | 'cluster'>,
  group: NodeGroup,
  taken: Taken,
): GroupRoom {
  const {name, nodes, max} = group
  const declared = {nodes: Math.max(0, max - nodes.length), because: `pool ${name} max ${max}`}
  if (aws === undefined || group.maker === 'Karpenter') return {...declared, coming: 0, raise: undefined}
  const none = {nodes: 0, coming: 0}
  if (aws.kind === 'silent')
    return {
      ...none,
      because: `pool ${name} cannot grow, as AWS gives no answer`,
      raise: `see why: ${aws.because}`,
    }
  if (!group.aws)
    return {
      ...none,
      because: `EKS has no node group ${name}`,
      raise: `name it in clusters.${cluster}.nodeGroups as EKS does: aws eks list-nodegroups`,
    }
  const {desired, instances} = group.aws
  const coming = Math.max(0, desired - instances.filter(({node}) => node !== undefined).length)
  const bounds = boundsOf(aws, group.aws, {name, max, taken})
  const tightest = bounds.reduce((least, one) => (one.grows < least.grows ? one : least))
  return {
    nodes: coming + Math.max(0, tightest.grows),
    coming,
    because: tightest.because,
    raise: tightest.raise,
  }
}

/** The fleet file's maximum first: where several are as tight, that is the one to tell. */
function boundsOf(
  {quota, addresses}: Extract<AwsRoom, {kind: 'seen'}>,
  {desired, max, vcpus, subnets}: NonNullable<NodeGroup['aws']>,
  about: {readonly name: string; readonly max: number; readonly taken: Taken},
) {
  const {name, taken} = about
  const known = subnets.map((subnet) => addresses[subnet])
  const free = known.every((one) => one !== undefined) ? sum(known) - taken.addresses : undefined
  const left = quota && quota.vcpus - quota.used - taken.vcpus
  return [
    {grows: about.max - desired, because: `pool ${name} max ${about.max}`, raise: undefined},
    {
      grows: max - desired,
      because: `pool ${name} max ${max} in EKS`,
      raise: `raise it where the group is declared (${max} < ${about.max})`,
    },
    ...(quota === undefined || left === undefined || vcpus === undefined
      ? []
      : [
          {
            grows: Math.floor(left / vcpus),
            because: `pool ${name}: quota of ${quota.vcpus} vCPUs, ${quota.used + taken.vcpus} taken, ${vcpus} a node`,
            raise: `raise it: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value ${quota.vcpus + 4 * vcpus}`,
          },
        ]),
    ...(free === undefined || subnets.length === 0
      ? []
      : [
          {
            grows: free,
            because: `pool ${name}: ${Math.max(0, free)} free addresses in ${subnets.join(', ')}`,
            raise: `give the group another subnet where it is declared`,
          },
        ]),
  ]
}

/** Size in EKS after so many nodes were added to those that are there. */
export const desiredAfter = (desired: number, coming: number, added: number): number =>
  desired + Math.max(0, added - coming)
