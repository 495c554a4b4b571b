import {cpus, totalmem} from 'node:os'
import {createOnCluster} from '../cluster/nodes.ts'
import type {LabRecord, SimulatedNode} from '../state.ts'
import {addressesOf} from '../bare.ts'
import type {AwsInstance} from './emulator.ts'
import {simulatedAnnotation} from './process.ts'

/** Which instances get a host and which a node that is only an object: the oldest come first, as long as there is room. */
export function shareOut(
  {hosts, realNodes}: Pick<LabRecord, 'hosts' | 'realNodes'>,
  due: readonly AwsInstance[],
): {readonly real: readonly AwsInstance[]; readonly simulated: readonly AwsInstance[]} {
  const room = Math.max(0, realNodes - hosts.filter(({instance}) => instance !== null).length)
  const ordered = due.toSorted((one, other) => other.ageSeconds - one.ageSeconds)
  return {real: ordered.slice(0, room), simulated: ordered.slice(room)}
}

export const simulatedOf = ({simulated}: LabRecord, id: string): SimulatedNode | undefined =>
  simulated.find(({instance}) => instance === id)

/** Makes the Node objects, whose kubelets KWOK plays. */
export async function joinSimulated(record: LabRecord, instances: readonly AwsInstance[]): Promise<void> {
  if (instances.length === 0) return
  const items = instances.map((instance) => nodeOf(instance, record.subnetIndex ?? 0))
  await createOnCluster(record, 'aws', {apiVersion: 'v1', kind: 'List', items})
}

/** As a real one of the lab says it: with all processors and all memory of the machine. */
function nodeOf({id, host, zone, instanceType, group, labels}: AwsInstance, subnetIndex: number): object {
  const memoryMi = Math.floor(totalmem() / 1024 ** 2)
  const has = (memory: number) => ({cpu: String(cpus().length), memory: `${memory}Mi`, pods: '110'})
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: host,
      annotations: {[simulatedAnnotation]: 'fake'},
      labels: {
        'kubernetes.io/hostname': host,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': zone.slice(0, -1),
        'topology.kubernetes.io/zone': zone,
        'node.kubernetes.io/instance-type': instanceType,
        'eks.amazonaws.com/nodegroup': group,
        'pixelpulse.io/site': 'aws',
        'pp.lab/simulated': 'true',
        ...labels,
      },
    },
    spec: {providerID: `aws:///${zone}/${id}`},
    status: {
      capacity: has(memoryMi),
      // What the kubelets of a lab keep back.
      allocatable: has(memoryMi - 100),
      addresses: [{type: 'InternalIP', address: addressesOf(host, subnetIndex).ip}],
    },
  }
}
