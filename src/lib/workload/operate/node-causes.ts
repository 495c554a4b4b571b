import type {GroupActivity, GroupInstance} from '../../drivers/aws/types.ts'
import {kubectl} from '../../drivers/kubernetes/errors.ts'
import type {KubernetesCluster} from '../../fleet/types.ts'

/** What AWS says while nodes are awaited. */
export type Asked =
  | {
      readonly kind: 'seen'
      readonly scalingGroup: string
      readonly instances: readonly GroupInstance[]
      /** The latest try that failed. */
      readonly refused: GroupActivity | undefined
    }
  | {readonly kind: 'silent'; readonly because: string}

export interface NodeSeen {
  readonly name: string
  readonly instance: string | undefined
  readonly isReady: boolean
}

/** What keeps the nodes of a group, and the next command. */
export function causeOf({
  cluster,
  group,
  present,
  nodes,
  added,
  seen,
}: {
  readonly cluster: KubernetesCluster
  readonly group: string
  readonly present: readonly string[]
  readonly nodes: readonly NodeSeen[]
  readonly added: number
  readonly seen: Asked
}): {readonly because: string; readonly next: string} {
  const pool = `pool ${group}`
  if (seen.kind === 'silent') return {because: `${pool}: ${seen.because}`, next: 'aws eks list-nodegroups'}
  const {instances, refused, scalingGroup} = seen
  const isPresent = (id: string) =>
    nodes.some(({name, instance}) => instance === id && present.includes(name))
  const fresh = instances.filter(({id, state}) => state !== 'going' && !isPresent(id))
  const activities = `aws autoscaling describe-scaling-activities --auto-scaling-group-name ${scalingGroup}`
  if (refused && fresh.length < added)
    return {
      because: `${pool}: AWS has launched ${fresh.length} of ${added}: ${refused.message ?? refused.description}`,
      next: activities,
    }
  const late = fresh.find(({id}) => !nodes.some(({instance}) => instance === id))
  if (late)
    return {
      because: `${pool}: instance ${late.id} in ${late.zone} was launched and has not joined`,
      next: `aws ec2 get-console-output --instance-id ${late.id}`,
    }
  const unready = nodes.find(({name, isReady}) => !isReady && !present.includes(name))
  if (unready)
    return {
      because: `${pool}: ${unready.name} has joined and is not Ready`,
      next: kubectl(cluster, 'describe', `node/${unready.name}`),
    }
  return {because: `${pool}: AWS has launched ${fresh.length} of ${added}`, next: activities}
}
