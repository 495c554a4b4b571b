import * as z from 'zod'

import type {
  Container, Deployment, DisruptionBudget, HostPort, Labels, LimitRange, Node, Pod, PodShape, PodTerm, Quota, Requirement,
  Resources, Selector, Spread, Template,
} from './facts.ts' // prettier-ignore
import type {Condition} from './why/types.ts'
import {parseQuantity, takenBy} from './resources.ts'
import {selectorOfLabels} from './selectors.ts'

// Of each object only what a plan is made from; everything else is dropped while a page is read.

const labels = z.record(z.string(), z.string())
const none: readonly never[] = []

export const resources = z
  .record(z.string(), z.union([z.string(), z.number()]))
  .transform((amounts): Resources =>
    Object.fromEntries(
      Object.entries(amounts).flatMap(([name, text]) => {
        // A quota's requests.cpu is counted as cpu is.
        const amount = parseQuantity(name.replace(/^(requests|limits)\./, ''), String(text))
        return amount === undefined ? [] : [[name, amount]]
      }),
    ),
  )

const requirement = z
  .object({key: z.string(), operator: z.string(), values: z.array(z.string()).default([])})
  .transform((one): Requirement => one)

export const selector = z
  .object({matchLabels: labels.default({}), matchExpressions: z.array(requirement).default([])})
  .transform(({matchLabels, matchExpressions}): Selector => [
    ...selectorOfLabels(matchLabels),
    ...matchExpressions,
  ])

const taint = z.object({key: z.string(), value: z.string().default(''), effect: z.string()})

const toleration = z.object({
  key: z.string().default(''),
  operator: z.string().default('Equal'),
  value: z.string().default(''),
  effect: z.string().default(''),
})

const podTerm = z.object({
  topologyKey: z.string(),
  labelSelector: selector.optional(),
  namespaces: z.array(z.string()).default([]),
  namespaceSelector: selector.optional(),
  matchLabelKeys: z.array(z.string()).default([]),
  mismatchLabelKeys: z.array(z.string()).default([]),
})
const podTerms = z
  .object({requiredDuringSchedulingIgnoredDuringExecution: z.array(podTerm).default([])})
  .transform((one) => one.requiredDuringSchedulingIgnoredDuringExecution)

const nodeTerm = z
  .object({matchExpressions: z.array(requirement).default([]), matchFields: z.array(requirement).default([])})
  .transform(({matchExpressions, matchFields}) => ({expressions: matchExpressions, fields: matchFields}))

const spreadConstraint = z.object({
  topologyKey: z.string(),
  maxSkew: z.number(),
  whenUnsatisfiable: z.string(),
  labelSelector: selector.optional(),
  matchLabelKeys: z.array(z.string()).default([]),
  minDomains: z.number().default(1),
  nodeAffinityPolicy: z.string().default('Honor'),
  nodeTaintsPolicy: z.string().default('Ignore'),
})

const container = z.object({
  resources: z.object({requests: resources.optional(), limits: resources.optional()}).default({}),
  restartPolicy: z.string().optional(),
  ports: z
    .array(
      z.object({
        hostPort: z.number().default(0),
        protocol: z.string().default('TCP'),
        hostIP: z.string().default(''),
      }),
    )
    .default([]),
})

const podSpec = z.object({
  containers: z.array(container),
  initContainers: z.array(container).default([]),
  resources: z.object({requests: resources.optional()}).default({}),
  overhead: resources.default({}),
  nodeSelector: labels.default({}),
  affinity: z
    .object({
      nodeAffinity: z
        .object({
          requiredDuringSchedulingIgnoredDuringExecution: z
            .object({nodeSelectorTerms: z.array(nodeTerm)})
            .optional(),
        })
        .optional(),
      podAffinity: podTerms.optional(),
      podAntiAffinity: podTerms.optional(),
    })
    .default({}),
  tolerations: z.array(toleration).default([]),
  topologySpreadConstraints: z.array(spreadConstraint).default([]),
  priority: z.number().default(0),
  priorityClassName: z.string().optional(),
  runtimeClassName: z.string().optional(),
  schedulerName: z.string().default('default-scheduler'),
  schedulingGates: z.array(z.unknown()).default([]),
  nodeName: z.string().optional(),
  resourceClaims: z.array(z.unknown()).default([]),
  volumes: z
    .array(z.object({persistentVolumeClaim: z.unknown().optional(), ephemeral: z.unknown().optional()}))
    .default([]),
})
type PodSpec = z.output<typeof podSpec>

function shapeOf(spec: PodSpec, namespace: string, own: Labels): Omit<PodShape, 'requests'> {
  const {affinity, topologySpreadConstraints} = spec
  const terms = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return {
    namespace,
    labels: own,
    hostPorts: hostPortsOf(spec),
    nodeSelector: spec.nodeSelector,
    nodeTerms: terms,
    tolerations: spec.tolerations,
    affinity: affinity.podAffinity?.map((term) => podTermOf(term, namespace, own)) ?? none,
    antiAffinity: affinity.podAntiAffinity?.map((term) => podTermOf(term, namespace, own)) ?? none,
    spread: topologySpreadConstraints
      .filter(({whenUnsatisfiable}) => whenUnsatisfiable === 'DoNotSchedule')
      .map((constraint) => spreadOf(constraint, own)),
    priority: spec.priority,
    priorityClass: spec.priorityClassName,
  }
}

function hostPortsOf({containers, initContainers}: PodSpec): readonly HostPort[] {
  const longRunning = [
    ...containers,
    ...initContainers.filter(({restartPolicy}) => restartPolicy === 'Always'),
  ]
  return longRunning.flatMap(({ports}) =>
    ports
      .filter(({hostPort}) => hostPort > 0)
      .map(({hostPort, hostIP, protocol}) => ({protocol, address: hostIP, port: hostPort})),
  )
}

function podTermOf(term: z.output<typeof podTerm>, namespace: string, own: Labels): PodTerm {
  const {topologyKey, namespaces, namespaceSelector, matchLabelKeys, mismatchLabelKeys} = term
  return {
    topologyKey,
    selector: term.labelSelector && [
      ...term.labelSelector,
      ...sameAsOwn(matchLabelKeys, own, 'In'),
      ...sameAsOwn(mismatchLabelKeys, own, 'NotIn'),
    ],
    namespaces: namespaces.length === 0 && namespaceSelector === undefined ? [namespace] : namespaces,
    namespaceSelector,
  }
}

function spreadOf(constraint: z.output<typeof spreadConstraint>, own: Labels): Spread {
  const {topologyKey, maxSkew, minDomains, labelSelector, matchLabelKeys} = constraint
  return {
    topologyKey,
    maxSkew,
    minDomains,
    selector: labelSelector && [...labelSelector, ...sameAsOwn(matchLabelKeys, own, 'In')],
    honorsNodeAffinity: constraint.nodeAffinityPolicy === 'Honor',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
  }
}

/** Keys that the Pod itself does not have are left out. */
const sameAsOwn = (keys: readonly string[], own: Labels, operator: string): Selector =>
  keys.flatMap((key) => (own[key] === undefined ? [] : [{key, operator, values: [own[key]]}]))

const containerOf = ({
  resources: {requests = {}, limits = {}},
  restartPolicy,
}: z.output<typeof container>): Container => ({
  requests,
  limits,
  isSidecar: restartPolicy === 'Always',
})

const amountsOf = ({containers, initContainers, resources: whole, overhead}: PodSpec) => ({
  containers: containers.map(containerOf),
  initContainers: initContainers.map(containerOf),
  podRequests: whole.requests ?? {},
  overhead,
})

/** Of one that has not ended. */
const shapes = new Map<string, PodShape>()

/** The same object for Pods that differ in nothing of it, as those of one ReplicaSet do: of 10,000 they are most of what is kept. */
function shared(shape: PodShape): PodShape {
  const key = JSON.stringify(shape)
  const known = shapes.get(key)
  if (known) return known
  shapes.set(key, shape)
  return shape
}

export const podSchema = z
  .object({
    metadata: z.object({
      name: z.string(),
      namespace: z.string(),
      labels: labels.default({}),
      deletionTimestamp: z.string().optional(),
      ownerReferences: z
        .array(z.object({kind: z.string(), controller: z.boolean().default(false)}))
        .default([]),
    }),
    spec: podSpec,
    status: z
      .object({conditions: z.array(z.object({type: z.string(), status: z.string()})).default([])})
      .default({conditions: []}),
  })
  .transform(({metadata, spec, status}): Pod => ({
    ...shared({
      ...shapeOf(spec, metadata.namespace, metadata.labels),
      requests: takenBy(amountsOf(spec)),
    }),
    name: metadata.name,
    node: spec.nodeName || undefined,
    isTerminating: metadata.deletionTimestamp !== undefined,
    isReady: status.conditions.some(({type, status: is}) => type === 'Ready' && is === 'True'),
    isHeld: spec.schedulingGates.length > 0 || spec.schedulerName !== 'default-scheduler',
    controller: metadata.ownerReferences.find(({controller}) => controller)?.kind,
  }))

export const nodeSchema = z
  .object({
    metadata: z.object({name: z.string(), labels: labels.default({})}),
    spec: z
      .object({
        taints: z.array(taint).default([]),
        unschedulable: z.boolean().default(false),
        providerID: z.string().default(''),
      })
      .default({taints: [], unschedulable: false, providerID: ''}),
    status: z.object({
      allocatable: resources.default({}),
      conditions: z.array(z.object({type: z.string(), status: z.string()})).default([]),
    }),
  })
  .transform(({metadata, spec, status}): Node => ({
    name: metadata.name,
    labels: metadata.labels,
    taints: spec.taints,
    isUnschedulable: spec.unschedulable,
    isReady: status.conditions.some(({type, status: is}) => type === 'Ready' && is === 'True'),
    allocatable: status.allocatable,
    instance: instanceIn(spec.providerID),
  }))

/** `i-…` of a providerID `aws:///ZONE/i-…`. */
export const instanceIn = (providerId: string): string | undefined =>
  /^aws:\/\/\/[^/]*\/([^/]+)$/.exec(providerId)?.[1]

const templateSchema = z.object({
  metadata: z.object({labels: labels.default({})}).default({labels: {}}),
  spec: podSpec,
})
export type DeclaredTemplate = z.output<typeof templateSchema>

/** What classes of the cluster add to a template when a Pod is made of it. */
export interface Additions {
  readonly namespace: string
  /** Labels that its controller adds. */
  readonly labels: Labels
  readonly priorities: readonly PriorityClass[]
  readonly runtime: RuntimeClass | undefined
}

export function templateOf({metadata, spec}: DeclaredTemplate, additions: Additions): Template {
  const {namespace, priorities, runtime} = additions
  const byName = spec.priorityClassName
  const priorityClass = priorities.find(({name, isDefault}) =>
    byName === undefined ? isDefault : name === byName,
  )
  const completed = {
    ...spec,
    priority: priorityClass?.value ?? spec.priority,
    priorityClassName: priorityClass?.name ?? byName,
    overhead: runtime?.overhead ?? spec.overhead,
    nodeSelector: {...spec.nodeSelector, ...runtime?.nodeSelector},
    tolerations: [...spec.tolerations, ...(runtime?.tolerations ?? [])],
  }
  return {
    shape: shapeOf(completed, namespace, {...metadata.labels, ...additions.labels}),
    ...amountsOf(completed),
    unseen: unseenIn(spec),
  }
}

const unseenIn = ({volumes, resourceClaims, schedulerName}: PodSpec): readonly string[] => [
  ...(volumes.some(({persistentVolumeClaim, ephemeral}) => persistentVolumeClaim ?? ephemeral)
    ? ['where its volumes can be attached']
    : []),
  ...(resourceClaims.length > 0 ? ['the devices that it claims'] : []),
  ...(schedulerName === 'default-scheduler' ? [] : [`what the scheduler ${schedulerName} does`]),
]

export const deploymentSchema = z.object({
  metadata: z.object({
    name: z.string(),
    generation: z.number().default(0),
    annotations: labels.default({}),
  }),
  spec: z.object({
    replicas: z.number().default(1),
    paused: z.boolean().default(false),
    selector,
    template: templateSchema,
  }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
    })
    .default({observedGeneration: 0, replicas: 0, updatedReplicas: 0, readyReplicas: 0}),
})
export type DeclaredDeployment = z.output<typeof deploymentSchema>

export const deploymentOf = (
  {metadata, spec, status}: DeclaredDeployment,
  additions: Additions,
): Deployment => ({
  name: metadata.name,
  replicas: spec.replicas,
  ready: status.readyReplicas,
  selector: spec.selector,
  isPaused: spec.paused,
  isRollingOut: status.observedGeneration < metadata.generation || status.updatedReplicas < status.replicas,
  template: templateOf(spec.template, additions),
})

const revision = 'deployment.kubernetes.io/revision'
export const revisionOf = ({metadata}: {metadata: {annotations: Labels}}): string | undefined =>
  metadata.annotations[revision]

export const replicaSetSchema = z.object({
  metadata: z.object({
    labels: labels.default({}),
    annotations: labels.default({}),
    ownerReferences: z.array(z.object({kind: z.string(), name: z.string()})).default([]),
  }),
})

export const daemonSetSchema = z.object({
  metadata: z.object({name: z.string(), namespace: z.string()}),
  spec: z.object({template: templateSchema}),
})

const condition = z
  .object({
    type: z.string(),
    status: z.string(),
    reason: z.string().default(''),
    message: z.string().default(''),
    lastTransitionTime: z.string().nullish(),
  })
  .transform(({lastTransitionTime, ...rest}): Condition => ({
    ...rest,
    since: lastTransitionTime ?? undefined,
  }))
export const conditions = z.array(condition).default([])

export const autoscalerSchema = z.object({
  metadata: z.object({
    name: z.string(),
    ownerReferences: z.array(z.object({kind: z.string()})).default([]),
  }),
  spec: z.object({
    scaleTargetRef: z.object({kind: z.string(), name: z.string()}),
    minReplicas: z.number().default(1),
    maxReplicas: z.number(),
  }),
  status: z
    .object({
      currentReplicas: z.number().default(0),
      desiredReplicas: z.number().default(0),
      conditions,
    })
    .prefault({}),
})

export const scaledObjectSchema = z.object({
  metadata: z.object({name: z.string(), annotations: labels.default({})}),
  spec: z.object({
    scaleTargetRef: z.object({kind: z.string().default('Deployment'), name: z.string()}),
    minReplicaCount: z.number().default(0),
    maxReplicaCount: z.number().default(100),
    triggers: z.unknown().optional(),
  }),
  status: z.object({conditions}).prefault({}),
})

export const budgetSchema = z
  .object({
    metadata: z.object({name: z.string()}),
    spec: z.object({
      minAvailable: z.union([z.number(), z.string()]).optional(),
      maxUnavailable: z.union([z.number(), z.string()]).optional(),
      selector: selector.optional(),
    }),
  })
  .transform(({metadata, spec}): DisruptionBudget => ({
    name: metadata.name,
    selector: spec.selector ?? [],
    minAvailable: typeof spec.minAvailable === 'number' ? spec.minAvailable : undefined,
    share: shareIn(spec),
  }))

/** @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/#rounding-logic-when-specifying-percentages */
function shareIn({
  minAvailable,
  maxUnavailable,
}: {
  readonly minAvailable?: number | string | undefined
  readonly maxUnavailable?: number | string | undefined
}): string | undefined {
  if (typeof minAvailable === 'string') return `minAvailable ${minAvailable}`
  return maxUnavailable === undefined ? undefined : `maxUnavailable ${maxUnavailable}`
}

export const quotaSchema = z
  .object({
    metadata: z.object({name: z.string()}),
    spec: z.object({
      scopes: z.array(z.string()).default([]),
      scopeSelector: z
        .object({
          matchExpressions: z
            .array(
              z.object({
                scopeName: z.string(),
                operator: z.string(),
                values: z.array(z.string()).default([]),
              }),
            )
            .default([]),
        })
        .optional(),
    }),
    status: z
      .object({hard: resources.default({}), used: resources.default({})})
      .default({hard: {}, used: {}}),
  })
  .transform(({metadata, spec, status}): Quota => ({
    name: metadata.name,
    ...status,
    scopes: [
      ...spec.scopes.map((key) => ({key, operator: 'Exists', values: none})),
      ...(spec.scopeSelector?.matchExpressions ?? []).map(({scopeName, ...rest}) => ({
        key: scopeName,
        ...rest,
      })),
    ],
  }))

export const limitRangeSchema = z
  .object({
    metadata: z.object({name: z.string()}),
    spec: z.object({
      limits: z.array(
        z.object({
          type: z.string(),
          default: resources.default({}),
          defaultRequest: resources.default({}),
          min: resources.default({}),
          max: resources.default({}),
          maxLimitRequestRatio: labels.default({}),
        }),
      ),
    }),
  })
  .transform(({metadata, spec}) =>
    spec.limits.map(({type, defaultRequest, min, max, maxLimitRequestRatio, ...rest}): LimitRange => ({
      name: metadata.name,
      type,
      defaultLimits: rest.default,
      defaultRequests: defaultRequest,
      min,
      max,
      ratio: Object.fromEntries(
        Object.entries(maxLimitRequestRatio).map(([name, text]) => [
          name,
          parseQuantity('', text) ?? Infinity,
        ]),
      ),
    })),
  )

export const namespaceSchema = z.object({
  metadata: z.object({name: z.string(), labels: labels.default({})}),
})

export const priorityClassSchema = z
  .object({
    metadata: z.object({name: z.string()}),
    value: z.number(),
    globalDefault: z.boolean().default(false),
  })
  .transform(({metadata, value, globalDefault}) => ({name: metadata.name, value, isDefault: globalDefault}))
export type PriorityClass = z.output<typeof priorityClassSchema>

export const runtimeClassSchema = z
  .object({
    overhead: z.object({podFixed: resources.default({})}).optional(),
    scheduling: z
      .object({nodeSelector: labels.default({}), tolerations: z.array(toleration).default([])})
      .optional(),
  })
  .transform(({overhead, scheduling}) => ({
    overhead: overhead?.podFixed,
    nodeSelector: scheduling?.nodeSelector ?? {},
    tolerations: scheduling?.tolerations ?? [],
  }))
export type RuntimeClass = z.output<typeof runtimeClassSchema>
