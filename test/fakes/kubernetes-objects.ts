/** Objects as the API server answers them, for one namespace with the Deployment render. */
type Objects = Readonly<Record<string, unknown>>

const inNamespace = 'namespaces/pixelpulse'

export const deploymentPath = `/apis/apps/v1/${inNamespace}/deployments/render`
export const autoscalersPath = `/apis/autoscaling/v2/${inNamespace}/horizontalpodautoscalers`
export const scaledObjectsPath = `/apis/keda.sh/v1alpha1/${inNamespace}/scaledobjects`

export const podObject = (name: string, nodeName: string | undefined, spec: object = {}) => ({
  metadata: {name, namespace: 'pixelpulse', labels: {app: 'render', 'pod-template-hash': 'new'}},
  spec: {nodeName, containers: [{resources: {requests: {cpu: '1', memory: '1Gi'}}}], ...spec},
  status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]},
})

export const nodeObject = (name: string, cpu: string, labels: object = {}, spec: object = {}) => ({
  metadata: {name, labels: {'kubernetes.io/hostname': name, ...labels}},
  spec,
  status: {
    allocatable: {cpu, memory: '16Gi', pods: '110'},
    conditions: [{type: 'Ready', status: 'True'}],
  },
})

export const deploymentObject = (replicas: number, spec: object = {}) => ({
  metadata: {name: 'render', generation: 3, annotations: {'deployment.kubernetes.io/revision': '2'}},
  spec: {
    replicas,
    selector: {matchLabels: {app: 'render'}},
    template: {
      metadata: {labels: {app: 'render'}},
      spec: {containers: [{name: 'render', resources: {requests: {cpu: '1', memory: '1Gi'}}}], ...spec},
    },
  },
  status: {observedGeneration: 3, replicas, updatedReplicas: replicas, readyReplicas: replicas},
})

export const scaledObject = (min: number, max: number, annotations: object = {}) => ({
  metadata: {name: 'render', annotations},
  spec: {scaleTargetRef: {name: 'render'}, minReplicaCount: min, maxReplicaCount: max},
})

export const autoscaler = (name: string, target: string, owner?: string) => ({
  metadata: {name, ...(owner === undefined ? {} : {ownerReferences: [{kind: owner, name}]})},
  spec: {scaleTargetRef: {kind: 'Deployment', name: target}, minReplicas: 2, maxReplicas: 8},
})

/** Two nodes of four processors, and seven Pods on them. */
export function renderCluster(changes: Objects = {}): Objects {
  const on = [...Array<string>(4).fill('node1'), ...Array<string>(3).fill('node2')]
  return {
    [deploymentPath]: deploymentObject(7),
    [`/apis/apps/v1/${inNamespace}/replicasets`]: ['old', 'new'].map((hash, index) => ({
      metadata: {
        labels: {'pod-template-hash': hash},
        annotations: {'deployment.kubernetes.io/revision': String(index + 1)},
        ownerReferences: [{kind: 'Deployment', name: 'render'}],
      },
    })),
    '/api/v1/pods': on.map((node, index) => podObject(`render-${index}`, node)),
    '/api/v1/nodes': [nodeObject('node1', '4'), nodeObject('node2', '4500m')],
    '/api/v1/namespaces': [{metadata: {name: 'pixelpulse', labels: {team: 'a'}}}],
    ...changes,
  }
}
