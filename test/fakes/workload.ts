import type {
  ClusterFacts, Container, Deployment, Node, NodeGroup, Pod, PodShape, PodTerm, Selector, Spread, Template,
} from '../../src/lib/workload/facts.ts' // prettier-ignore

export const app: Selector = [{key: 'app', operator: 'In', values: ['render']}]
const gib = 2 ** 30

export const shape = (changes: Partial<PodShape> = {}): PodShape => ({
  namespace: 'pixelpulse',
  labels: {app: 'render'},
  requests: {cpu: 1000},
  hostPorts: [],
  nodeSelector: {},
  nodeTerms: undefined,
  tolerations: [],
  affinity: [],
  antiAffinity: [],
  spread: [],
  priority: 0,
  priorityClass: undefined,
  ...changes,
})

/** One that takes `cpu` processors. */
export const node = (name: string, cpu: number, changes: Partial<Node> & {zone?: string} = {}): Node => {
  const {zone, labels, ...others} = changes
  return {
    name,
    labels: {
      'kubernetes.io/hostname': name,
      ...(zone === undefined ? {} : {'topology.kubernetes.io/zone': zone}),
      ...labels,
    },
    taints: [],
    isUnschedulable: false,
    isReady: true,
    allocatable: {cpu: cpu * 1000, memory: 16 * gib, pods: 110},
    instance: undefined,
    ...others,
  }
}

export const pod = (on: string | undefined, changes: Partial<Pod> = {}): Pod => ({
  ...shape(),
  name: 'render',
  node: on,
  isTerminating: false,
  isReady: on !== undefined,
  isHeld: false,
  controller: 'ReplicaSet',
  ...changes,
})

export const pods = (count: number, on: string | undefined, changes: Partial<Pod> = {}): Pod[] =>
  Array.from({length: count}, (_, index) => pod(on, {name: `render-${index}`, ...changes}))

export const term = (topologyKey: string, changes: Partial<PodTerm> = {}): PodTerm => ({
  topologyKey,
  selector: app,
  namespaces: ['pixelpulse'],
  namespaceSelector: undefined,
  ...changes,
})

export const spread = (topologyKey: string, changes: Partial<Spread> = {}): Spread => ({
  topologyKey,
  maxSkew: 1,
  minDomains: 1,
  selector: app,
  honorsNodeAffinity: true,
  honorsTaints: false,
  ...changes,
})

export const container = (changes: Partial<Container> = {}): Container => ({
  requests: {cpu: 1000},
  limits: {},
  isSidecar: false,
  ...changes,
})

export function template(
  changes: Partial<Omit<Template, 'shape'>> & {shape?: Partial<PodShape>} = {},
): Template {
  return {
    containers: [container()],
    initContainers: [],
    podRequests: {},
    overhead: {},
    unseen: [],
    ...changes,
    shape: shape(changes.shape),
  }
}

export const deployment = (replicas: number, changes: Partial<Deployment> = {}): Deployment => ({
  name: 'render',
  replicas,
  ready: replicas,
  selector: app,
  isPaused: false,
  isRollingOut: false,
  template: template(),
  ...changes,
})

export const group = (name: string, max: number, changes: Partial<NodeGroup> = {}): NodeGroup => ({
  name,
  max,
  nodes: [],
  model: {labels: {}, taints: [], allocatable: {cpu: 4000, memory: 8 * gib, pods: 58}, daemons: []},
  zones: [],
  instanceType: undefined,
  maker: undefined,
  aws: undefined,
  ...changes,
})

export const cluster = (name: string, changes: Partial<ClusterFacts> = {}): ClusterFacts => ({
  cluster: name,
  site: name,
  namespace: 'pixelpulse',
  deployment: deployment(0),
  owner: {kind: 'deployment'},
  pods: [],
  nodes: [],
  namespaces: {pixelpulse: {}},
  budgets: [],
  quotas: [],
  limitRanges: [],
  groups: [],
  aws: undefined,
  ...changes,
})
