import * as z from 'zod'

import {budgetSchema, conditions, nodeSchema, podSchema, selector} from '../objects.ts'
import type {
  AutoscalerState, BudgetState, ContainerState, DeploymentState, Ended, EventState, NodeState, PodState,
  ReplicaSetState,
} from './types.ts' // prettier-ignore

const text = z.string().default('')

const ended = z
  .object({exitCode: z.number(), reason: text, message: text, finishedAt: z.string().nullish()})
  .transform(({finishedAt, ...rest}): Ended => ({...rest, at: finishedAt ?? undefined}))

const containerState = z.object({
  waiting: z.object({reason: text, message: text}).optional(),
  running: z.object({startedAt: text}).optional(),
  terminated: ended.optional(),
})
const containerStatus = z.object({
  name: z.string(),
  image: text,
  ready: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: containerState.default({}),
  lastState: containerState.default({}),
})

const containerOf = (
  {name, image, ready, restartCount, state, lastState}: z.output<typeof containerStatus>,
  isInit: boolean,
): ContainerState => ({
  name,
  isInit,
  image,
  isReady: ready,
  restarts: restartCount,
  waiting: state.waiting,
  runningSince: state.running?.startedAt,
  ended: state.terminated,
  before: lastState.terminated,
  lastLines: [],
})

const podStatus = z
  .object({
    metadata: z.object({
      creationTimestamp: text,
      deletionTimestamp: z.string().optional(),
      ownerReferences: z.array(z.object({kind: z.string(), name: z.string()})).default([]),
    }),
    status: z
      .object({
        phase: text,
        reason: text,
        message: text,
        conditions,
        containerStatuses: z.array(containerStatus).default([]),
        initContainerStatuses: z.array(containerStatus).default([]),
      })
      .prefault({}),
  })
  .transform(({metadata, status}) => ({
    createdAt: metadata.creationTimestamp,
    deletedAt: metadata.deletionTimestamp,
    phase: status.phase,
    reason: status.reason,
    message: status.message,
    owner: metadata.ownerReferences.find(({kind}) => kind === 'ReplicaSet')?.name,
    conditions: status.conditions,
    containers: [
      ...status.initContainerStatuses.map((one) => containerOf(one, true)),
      ...status.containerStatuses.map((one) => containerOf(one, false)),
    ],
  }))
export const podStateSchema: z.ZodType<PodState> = z.intersection(podSchema, podStatus)

export const nodeStateSchema: z.ZodType<NodeState> = z.intersection(
  nodeSchema,
  z.object({status: z.object({conditions})}).transform(({status}) => ({conditions: status.conditions})),
)

export const deploymentStateSchema = z
  .object({
    metadata: z.object({name: z.string(), generation: z.number().default(0)}),
    spec: z.object({replicas: z.number().default(1), paused: z.boolean().default(false), selector}),
    status: z
      .object({
        observedGeneration: z.number().default(0),
        readyReplicas: z.number().default(0),
        updatedReplicas: z.number().default(0),
        conditions,
      })
      .prefault({}),
  })
  .transform(({metadata, spec, status}): DeploymentState => ({
    ...metadata,
    observedGeneration: status.observedGeneration,
    wanted: spec.replicas,
    ready: status.readyReplicas,
    updated: status.updatedReplicas,
    isPaused: spec.paused,
    selector: spec.selector,
    conditions: status.conditions,
  }))

export const replicaSetStateSchema = z
  .object({
    metadata: z.object({
      name: z.string(),
      creationTimestamp: text,
      ownerReferences: z.array(z.object({kind: z.string(), name: z.string()})).default([]),
    }),
    spec: z.object({replicas: z.number().default(1)}),
    status: z.object({replicas: z.number().default(0), conditions}).prefault({}),
  })
  .transform(({metadata, spec, status}): ReplicaSetState & {deployment: string | undefined} => ({
    name: metadata.name,
    createdAt: metadata.creationTimestamp,
    deployment: metadata.ownerReferences.find(({kind}) => kind === 'Deployment')?.name,
    wanted: spec.replicas,
    made: status.replicas,
    conditions: status.conditions,
  }))

/** An event may be of the old kind, with a count, or of the new one, with a series. */
export const eventSchema = z
  .object({
    metadata: z.object({creationTimestamp: z.string().nullish()}),
    involvedObject: z.object({kind: text, name: text}),
    reason: text,
    message: text,
    count: z.number().nullish(),
    firstTimestamp: z.string().nullish(),
    lastTimestamp: z.string().nullish(),
    eventTime: z.string().nullish(),
    series: z.object({count: z.number().default(1), lastObservedTime: z.string().nullish()}).nullish(),
  })
  .transform((one): EventState => {
    const first = one.firstTimestamp ?? one.eventTime ?? one.metadata.creationTimestamp ?? undefined
    return {
      object: `${one.involvedObject.kind.toLowerCase()}/${one.involvedObject.name}`,
      reason: one.reason,
      message: one.message,
      count: one.series?.count ?? one.count ?? 1,
      firstSeen: first,
      lastSeen: one.series?.lastObservedTime ?? one.lastTimestamp ?? first,
    }
  })

export const budgetStateSchema: z.ZodType<BudgetState> = z.intersection(
  budgetSchema,
  z
    .object({
      status: z
        .object({
          disruptionsAllowed: z.number().default(0),
          currentHealthy: z.number().default(0),
          desiredHealthy: z.number().default(0),
          expectedPods: z.number().default(0),
        })
        .prefault({}),
    })
    .transform(({status}) => ({
      allowed: status.disruptionsAllowed,
      healthy: status.currentHealthy,
      wantedHealthy: status.desiredHealthy,
      expected: status.expectedPods,
    })),
)

/** An HPA or a ScaledObject. @param kind as kubectl names it. */
export const autoscalerStateSchema = (kind: string) =>
  z
    .object({
      metadata: z.object({name: z.string()}),
      spec: z.object({scaleTargetRef: z.object({kind: z.string().default('Deployment'), name: z.string()})}),
      status: z.object({conditions}).prefault({}),
    })
    .transform(({metadata, spec, status}): AutoscalerState & {target: string | undefined} => ({
      object: `${kind}/${metadata.name}`,
      target: spec.scaleTargetRef.kind === 'Deployment' ? spec.scaleTargetRef.name : undefined,
      conditions: status.conditions,
    }))
