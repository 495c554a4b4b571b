import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import type {DeclaredNodeGroup, KubernetesCluster} from '../fleet/types.ts'
import {deploymentUnknown} from './deployment-unknown.ts'
import type {ClusterFacts, Node, NodeGroup, Owner, Pod} from './facts.ts'
import {
  budgetSchema, daemonSetSchema, deploymentOf, deploymentSchema, limitRangeSchema, namespaceSchema,
  nodeSchema, podSchema, priorityClassSchema, quotaSchema, replicaSetSchema, revisionOf, runtimeClassSchema,
  templateOf, type Additions, type DeclaredDeployment,
} from './objects.ts' // prettier-ignore
import {parseQuantity, takenBy} from './resources.ts'
import {isSelected, selectorOfLabels, untolerated} from './selectors.ts'
import {isWanted} from './topology.ts'
import {autoscalersIn, type Autoscalers} from './autoscalers.ts'
import {keptBy, triggerAmong} from './until.ts'

/**
 * Looks at all that a plan to scale one Deployment is made from; changes nothing.
 *
 * @throws PpError DEPLOYMENT_UNKNOWN, and what the reader throws.
 */
export async function observeCluster(
  reader: ClusterReader,
  {name: cluster, site, namespace, nodeGroups}: KubernetesCluster,
  name: string,
): Promise<ClusterFacts> {
  const inNamespace = `namespaces/${namespace}`
  const [declared, pods, nodes, namespaces, budgets, quotas, limitRanges, priorities, owner] =
    await Promise.all([
      reader.get(`/apis/apps/v1/${inNamespace}/deployments/${name}`, deploymentSchema),
      // What has ended takes nothing.
      reader.list('/api/v1/pods', podSchema, {fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed'}),
      reader.list('/api/v1/nodes', nodeSchema),
      reader.list('/api/v1/namespaces', namespaceSchema),
      reader.list(`/apis/policy/v1/${inNamespace}/poddisruptionbudgets`, budgetSchema),
      reader.list(`/api/v1/${inNamespace}/resourcequotas`, quotaSchema),
      reader.list(`/api/v1/${inNamespace}/limitranges`, limitRangeSchema),
      reader.list('/apis/scheduling.k8s.io/v1/priorityclasses', priorityClassSchema),
      ownerOf(reader, namespace, name),
    ])
  if (!declared) throw deploymentUnknown(cluster, namespace, name)
  const additions = {
    namespace,
    labels: await labelsOfRevision(reader, namespace, declared),
    priorities,
    runtime: await runtimeOf(reader, declared),
  }
  return {
    cluster,
    site,
    namespace,
    deployment: deploymentOf(declared, additions),
    owner,
    pods,
    nodes,
    namespaces: Object.fromEntries(namespaces.map(({metadata}) => [metadata.name, metadata.labels])),
    budgets,
    quotas,
    limitRanges: limitRanges.flat(),
    groups: await groupsOf(reader, nodeGroups, {nodes, priorities}),
    aws: undefined,
  }
}

async function ownerOf(reader: ClusterReader, namespace: string, deployment: string): Promise<Owner> {
  return ownerAmong(await autoscalersIn(reader, namespace), deployment)
}

/** Who decides how many replicas one Deployment has. */
export function ownerAmong({autoscalers, scaledObjects}: Autoscalers, deployment: string): Owner {
  const isOurs = ({spec: {scaleTargetRef: target}}: {spec: {scaleTargetRef: {kind: string; name: string}}}) =>
    target.kind === 'Deployment' && target.name === deployment
  const owners: Exclude<Owner, {kind: 'several' | 'deployment'}>[] = [
    // The HPA that KEDA makes for a ScaledObject is KEDA's to change.
    ...autoscalers
      .filter((one) => isOurs(one) && !one.metadata.ownerReferences.some(({kind}) => kind === 'ScaledObject'))
      .map(({metadata, spec}) => ({
        kind: 'hpa' as const,
        name: metadata.name,
        min: spec.minReplicas,
        max: spec.maxReplicas,
      })),
    ...scaledObjects.filter(isOurs).map(({metadata: {name, annotations}, spec}) => ({
      kind: 'keda' as const,
      name,
      min: spec.minReplicaCount,
      max: spec.maxReplicaCount,
      isPaused:
        annotations['autoscaling.keda.sh/paused'] === 'true' ||
        annotations['autoscaling.keda.sh/paused-replicas'] !== undefined,
      kept: keptBy(triggerAmong(spec.triggers), Date.now()),
    })),
  ]
  const [owner, other] = owners
  if (!other) return owner ?? {kind: 'deployment'}
  const names = owners.map(
    ({kind, name}) => `${kind === 'hpa' ? 'horizontalpodautoscaler' : 'scaledobject'}/${name}`,
  )
  return {kind: 'several', names}
}

/** Labels that the Deployment's controller adds to Pods of the revision in force; rules may compare by them. */
async function labelsOfRevision(reader: ClusterReader, namespace: string, declared: DeclaredDeployment) {
  const sets = await reader.list(`/apis/apps/v1/namespaces/${namespace}/replicasets`, replicaSetSchema)
  const current = sets.find(
    (set) =>
      set.metadata.ownerReferences.some(
        ({kind, name}) => kind === 'Deployment' && name === declared.metadata.name,
      ) && revisionOf(set) === revisionOf(declared),
  )
  const hash = current?.metadata.labels['pod-template-hash']
  return hash === undefined ? {} : {'pod-template-hash': hash}
}

async function runtimeOf(reader: ClusterReader, {spec}: DeclaredDeployment) {
  const {runtimeClassName} = spec.template.spec
  if (runtimeClassName === undefined) return undefined
  return reader.get(`/apis/node.k8s.io/v1/runtimeclasses/${runtimeClassName}`, runtimeClassSchema)
}

async function groupsOf(
  reader: ClusterReader,
  declared: readonly DeclaredNodeGroup[],
  {nodes, priorities}: {nodes: readonly Node[]; priorities: Additions['priorities']},
): Promise<readonly NodeGroup[]> {
  if (declared.length === 0) return []
  const sets = await reader.list('/apis/apps/v1/daemonsets', daemonSetSchema)
  const daemons = sets.map(({metadata: {name, namespace}, spec}): Pod => {
    const template = templateOf(spec.template, {namespace, labels: {}, priorities, runtime: undefined})
    const state = {
      node: undefined,
      isTerminating: false,
      isReady: false,
      isHeld: false,
      controller: 'DaemonSet',
    }
    return {...template.shape, requests: takenBy(template), name, ...state}
  })
  return declared.map((group) => groupOf(group, nodes, daemons))
}

/** Of each node that Karpenter has made. */
const karpenterLabel = 'karpenter.sh/nodepool'

const ofOneNode =
  /^(kubernetes\.io\/hostname|topology\..+|failure-domain\..+|.*(instance-id|zone-id|node-name|hostname))$/

function groupOf(
  {name, max, labels, zones, instanceType, node}: DeclaredNodeGroup,
  nodes: readonly Node[],
  daemons: readonly Pod[],
): NodeGroup {
  const members = nodes.filter((one) => isSelected(one.labels, selectorOfLabels(labels)))
  const sample = members.find(({isReady}) => isReady) ?? members[0]
  const seen = sample && {
    labels: Object.fromEntries(Object.entries(sample.labels).filter(([key]) => !ofOneNode.test(key))),
    // What Kubernetes itself taints a node with says how that one is, not what the next will be.
    taints: sample.taints.filter(({key}) => !key.startsWith('node.kubernetes.io/')),
    allocatable: sample.allocatable,
  }
  const model =
    seen ??
    (node && {
      labels,
      taints: node.taints,
      allocatable: {
        cpu: parseQuantity('cpu', node.cpu) ?? 0,
        memory: parseQuantity('memory', node.memory) ?? 0,
        pods: node.pods,
      },
    })
  const zoneOf = (one: Node) => one.labels['topology.kubernetes.io/zone']
  const seenZones = [...new Set(members.map(zoneOf).filter((zone) => zone !== undefined))].sort()
  return {
    name,
    max,
    nodes: members.map((one) => one.name),
    model: model && {...model, daemons: daemons.filter((daemon) => runsOn(daemon, model))},
    zones: zones.length > 0 ? zones : seenZones,
    instanceType: instanceType ?? sample?.labels['node.kubernetes.io/instance-type'],
    maker: [labels, ...members.map((one) => one.labels)].some((one) => karpenterLabel in one)
      ? 'Karpenter'
      : undefined,
    aws: undefined,
  }
}

/** Whether a DaemonSet would run a Pod on a new node. */
function runsOn(
  daemon: Pod,
  {labels, taints, allocatable}: Pick<Node, 'labels' | 'taints' | 'allocatable'>,
): boolean {
  const node = {
    name: '',
    labels,
    taints,
    allocatable,
    isReady: true,
    isUnschedulable: false,
    instance: undefined,
  }
  return isWanted(node, daemon) && !untolerated(taints, daemon.tolerations)
}
