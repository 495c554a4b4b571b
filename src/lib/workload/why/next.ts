import {isWanted} from '../topology.ts'
import {untolerated} from '../selectors.ts'
import {isAway} from './scheduling.ts'
import type {CauseKind, NodeState, PodState, Readiness} from './types.ts'

/** Words of what to type about a cause: of pp, or of kubectl without what chooses cluster and namespace. */
export function nextCommand(kind: CauseKind, objects: readonly string[], seen: Readiness): readonly string[] {
  const {service, deployment} = seen
  const [object = `deployment/${seen.name}`] = objects
  const pod = seen.pods.find(({name}) => object === `pod/${name}`)
  const describe = ['kubectl', 'describe', object]
  switch (kind) {
    case 'deployment-missing':
      return ['kubectl', 'get', 'deployments']
    case 'node-not-ready':
      return ['kubectl', 'describe', `node/${pod?.node ?? nodeOf(pod, seen, (node) => isAway(kind, node))}`]
    case 'cordon':
      return ['kubectl', 'uncordon', nodeOf(pod, seen, (node) => isAway(kind, node))]
    case 'taint': {
      const isTainted = (node: NodeState) => !!pod && !!untolerated(node.taints, pod.tolerations)
      return ['kubectl', 'describe', `node/${nodeOf(pod, seen, isTainted)}`]
    }
    case 'sandbox':
      return ['kubectl', 'describe', `node/${pod?.node ?? ''}`]
    case 'quota':
      return ['kubectl', 'describe', 'resourcequotas']
    case 'config':
      return ['kubectl', 'get', 'secrets,configmaps']
    case 'image':
      return ['kubectl', 'rollout', 'history', `deployment/${seen.name}`]
    case 'crash':
    case 'memory-limit':
      return ['pp', 'logs', service, '--previous']
    case 'probe':
    case 'init':
    case 'starting':
      return ['pp', 'logs', service]
    case 'volume':
      return ['kubectl', 'get', 'persistentvolumeclaims']
    case 'resources':
      return ['pp', 'scale', service, String(deployment?.wanted ?? 1), '--plan']
    case 'none-wanted':
      return ['pp', 'scale', service, '1', '--plan']
    case 'selector':
      return ['kubectl', 'get', 'nodes', '--show-labels']
    case 'affinity':
    case 'spread':
    case 'ports':
    case 'rollout':
      return ['kubectl', 'describe', `deployment/${seen.name}`]
    case 'paused':
      return ['kubectl', 'rollout', 'resume', `deployment/${seen.name}`]
    case 'not-scheduled-yet':
    case 'not-observed-yet':
      return ['kubectl', 'get', 'leases', '--namespace', 'kube-system']
    case 'admission':
    case 'start':
    case 'gate':
    case 'unschedulable':
    case 'autoscaler':
    case 'deleting':
    case 'failed-pods':
    case 'budget':
      return describe
  }
}

/** The first of the nodes meant for the Pod of which it holds. */
const nodeOf = (pod: PodState | undefined, {nodes}: Readiness, holds: (node: NodeState) => boolean): string =>
  nodes.find((node) => (!pod || isWanted(node, pod)) && holds(node))?.name ?? ''
