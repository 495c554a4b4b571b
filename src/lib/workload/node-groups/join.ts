import type {ClusterFacts} from '../facts.ts'
import type {AwsSeen} from './types.ts'

/** A cluster's node groups with what AWS says of them; instance and node are the same by the node's providerID. */
export function joined(facts: ClusterFacts, seen: AwsSeen): ClusterFacts {
  if (seen.kind === 'silent') return {...facts, aws: seen}
  const {groups, ...room} = seen
  const nodeOf = new Map(facts.nodes.map(({instance, name}) => [instance, name]))
  return {
    ...facts,
    aws: room,
    groups: facts.groups.map((declared) => {
      const found = groups.find(({name}) => name === declared.name)
      if (!found) return declared
      const {min, desired, max, vcpus, isSpot, subnets} = found
      const instances = found.instances
        .filter(({state}) => state !== 'going')
        .map(({id}) => ({id, node: nodeOf.get(id)}))
      return {
        ...declared,
        instanceType: declared.instanceType ?? found.instanceTypes[0],
        zones: declared.zones.length > 0 ? declared.zones : found.zones,
        maker: declared.maker ?? (found.isOfAutoscaler ? 'cluster-autoscaler' : 'pp'),
        aws: {min, desired, max, vcpus, isSpot, subnets, instances},
      }
    }),
  }
}
