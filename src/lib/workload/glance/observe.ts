import * as z from 'zod'

import type {ClusterReader} from '../../drivers/kubernetes/types.ts'
import type {DeclaredNodeGroup, Fleet, KubernetesCluster, Service} from '../../fleet/types.ts'
import {autoscalersIn} from '../autoscalers.ts'
import {lookAtEach} from '../clusters.ts'
import {costOf} from '../cost.ts'
import {ownerAmong} from '../observe.ts'
import {readPrices} from '../prices.ts'
import {isSelected, selectorOfLabels} from '../selectors.ts'
import {nodeStateSchema} from '../why/objects.ts'
import {conditionOf} from '../why/pod-cause.ts'
import type {NodeState} from '../why/types.ts'
import {autoscalerAmong} from './autoscaling.ts'
import type {ClusterGlance, PoolGlance, ServiceGlance} from './types.ts'

/** Of one cluster with all that is asked of it; as hosts have it. */
const withinMs = 2000

const deploymentSchema = z
  .object({
    metadata: z.object({name: z.string()}),
    spec: z.object({
      replicas: z.number().default(1),
      template: z.object({spec: z.object({containers: z.array(z.object({image: z.string().default('')}))})}),
    }),
    status: z.object({readyReplicas: z.number().default(0)}).prefault({}),
  })
  .transform(({metadata, spec, status}) => ({
    name: metadata.name,
    wanted: spec.replicas,
    ready: status.readyReplicas,
    image: spec.template.spec.containers[0]?.image ?? null,
  }))

/** Looks at all clusters at once; one that does not answer within 2 s is shown as such. */
export async function glanceAtClusters(
  {clusters}: Pick<Fleet, 'clusters'>,
  services: readonly Service[],
): Promise<readonly ClusterGlance[]> {
  const looks = await lookAtEach(
    clusters,
    (reader, cluster) => glanceAt(reader, cluster, servicesIn(cluster, services)),
    withinMs,
  )
  return looks.map((look) => {
    if (look.kind === 'seen') return look.seen
    const {name: cluster, site} = look.cluster
    const none = {pools: [], notReady: [], cordoned: [], cost: null, services: []}
    return {cluster, site, problem: look.error.message, ...none}
  })
}

const servicesIn = ({name}: KubernetesCluster, services: readonly Service[]): readonly Service[] =>
  services.filter(({clusters}) => clusters.includes(name))

async function glanceAt(
  reader: ClusterReader,
  {name: cluster, site, namespace, nodeGroups}: KubernetesCluster,
  services: readonly Service[],
): Promise<ClusterGlance> {
  const [nodes, deployments, autoscalers] = await Promise.all([
    reader.list('/api/v1/nodes', nodeStateSchema),
    reader.list(`/apis/apps/v1/namespaces/${namespace}/deployments`, deploymentSchema),
    autoscalersIn(reader, namespace),
  ])
  return {
    cluster,
    site,
    problem: null,
    pools: poolsOf(nodes, nodeGroups),
    notReady: nodes
      .filter(({isReady}) => !isReady)
      .map(({name: node, conditions}) => ({node, reason: reasonOf(conditions)})),
    cordoned: nodes.filter(({isUnschedulable}) => isUnschedulable).map(({name}) => name),
    cost: costOf(
      readPrices(),
      site,
      nodes.map(({labels}) => labels),
    ),
    services: services.map((service): ServiceGlance => {
      const found = deployments.find(({name}) => name === service.deployment)
      const owner = found ? ownerAmong(autoscalers, found.name) : null
      return {
        service: service.name,
        ready: found?.ready ?? null,
        wanted: found?.wanted ?? null,
        image: found?.image ?? null,
        owner,
        autoscaler: owner && autoscalerAmong(autoscalers, service.deployment, owner),
      }
    }),
  }
}

function reasonOf(conditions: NodeState['conditions']): string {
  const ready = conditionOf(conditions, 'Ready')
  return ready?.message || ready?.reason || 'its kubelet has said nothing'
}

/** Pools of the fleet file first, then those that only labels of nodes name. */
function poolsOf(nodes: readonly NodeState[], declared: readonly DeclaredNodeGroup[]): readonly PoolGlance[] {
  const byPool = Object.groupBy(nodes, (node) => poolOf(node, declared))
  const names = [...new Set([...declared.map(({name}) => name), ...Object.keys(byPool).sort()])]
  return names.map((name) => {
    const members = byPool[name] ?? []
    return {
      name,
      ready: members.filter(({isReady}) => isReady).length,
      total: members.length,
      max: declared.find((group) => group.name === name)?.max ?? null,
    }
  })
}

const poolLabel = /(^|\/)(node-?)?(pool|group)(-name)?$/

function poolOf({labels}: NodeState, declared: readonly DeclaredNodeGroup[]): string {
  const group = declared.find((one) => isSelected(labels, selectorOfLabels(one.labels)))
  if (group) return group.name
  const [, named = 'other'] = Object.entries(labels).find(([key]) => poolLabel.test(key)) ?? []
  return named
}
