import {again} from '../../again.ts'
import type {AwsDriver} from '../../drivers/aws/types.ts'
import {PlanAnew} from '../../operation/plan-anew.ts'
import {awsMissing} from '../node-groups/errors.ts'
import type {ServiceCluster} from '../open-service.ts'
import type {GrownGroup} from './types.ts'

/** The AWS of a cluster. @throws PpError AWS_NOT_DECLARED. */
export function awsOf({aws, declared}: ServiceCluster): AwsDriver {
  if (aws) return aws
  throw awsMissing(declared.name)
}

/**
 * Makes a node group larger, only while it is as large as when it was planned.
 *
 * @throws PlanAnew when it is not. @throws PpError NODE_GROUP_AT_MAX, AWS_….
 */
export async function growGroup(cluster: ServiceCluster, {group, was, to}: GrownGroup): Promise<unknown> {
  const aws = awsOf(cluster)
  const is = (await aws.listNodeGroups()).find(({name}) => name === group)
  if (is && is.desired !== was)
    throw new PlanAnew({
      message: `${cluster.declared.name}: pool ${group} is to have ${is.desired} nodes by now; it was ${was}.`,
      hint: again(),
    })
  await aws.grow(group, to)
  return {cluster: cluster.declared.name, group, desired: to}
}

interface Resized {
  readonly group: string
  readonly to: number
}

export async function regrowGroup(cluster: ServiceCluster, {group, to}: Resized): Promise<unknown> {
  await awsOf(cluster).grow(group, to)
  return {cluster: cluster.declared.name, group, desired: to}
}

/** An instance that has come meanwhile stays: the way back is planned anew, and gives that one back. @throws PlanAnew. */
export async function lowerGroup(cluster: ServiceCluster, {group, to}: Resized): Promise<unknown> {
  const desired = await awsOf(cluster).lower(group, to)
  if (desired > to)
    throw new PlanAnew({
      message: `${cluster.declared.name}: an instance of pool ${group} has come meanwhile.`,
      hint: again(),
    })
  return {cluster: cluster.declared.name, group, desired}
}
