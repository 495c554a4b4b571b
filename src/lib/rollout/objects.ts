import * as z from 'zod'

import type {PodTemplate, Progress, Revision, Strategy} from './facts.ts'
import {operationLabel, plain} from './template.ts'

const strings = z.record(z.string(), z.string())
const count = z.int().default(0)

const template = z
  .looseObject({
    metadata: z.looseObject({labels: strings.optional(), annotations: strings.optional()}).default({}),
    spec: z.looseObject({
      containers: z.array(z.looseObject({name: z.string(), image: z.string()})).min(1),
    }),
  })
  .transform((one): PodTemplate => plain(one))

const meta = z.object({
  name: z.string(),
  uid: z.string().default(''),
  resourceVersion: z.string().default(''),
  generation: count,
  creationTimestamp: z.string().default(''),
  labels: strings.default({}),
  annotations: strings.default({}),
  ownerReferences: z.array(z.object({uid: z.string()})).default([]),
})

// What is left out means what the API server would fill in.
const amount = z.union([z.int(), z.string()]).default('25%')
const strategy = z
  .object({
    type: z.string().default('RollingUpdate'),
    rollingUpdate: z.object({maxSurge: amount, maxUnavailable: amount}).prefault({}),
  })
  .prefault({})
  .transform(({type, rollingUpdate}): Strategy =>
    type === 'Recreate' ? {kind: type} : {kind: 'RollingUpdate', ...rollingUpdate},
  )

export const deploymentSchema = z.object({
  metadata: meta,
  spec: z.object({
    replicas: z.int().default(1),
    paused: z.boolean().default(false),
    selector: z.object({matchLabels: strings.default({})}),
    strategy,
    template,
  }),
  status: z
    .object({
      observedGeneration: count,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      conditions: z
        .array(z.object({type: z.string(), status: z.string(), message: z.string().default('')}))
        .default([]),
    })
    .prefault({}),
})
export type DeclaredDeployment = z.output<typeof deploymentSchema>

export function progressOf({metadata, spec, status}: DeclaredDeployment): Progress {
  const condition = status.conditions.find(({type}) => type === 'Progressing')
  return {
    wanted: spec.replicas,
    updated: status.updatedReplicas,
    total: status.replicas,
    available: status.availableReplicas,
    isObserved: status.observedGeneration >= metadata.generation,
    isPaused: spec.paused,
    stuck: condition?.status === 'False' ? condition.message : undefined,
  }
}

export const operationOf = ({metadata}: Pick<DeclaredDeployment, 'metadata'>): string | undefined =>
  metadata.labels[operationLabel]

export const replicaSetSchema = z.object({metadata: meta, spec: z.object({template})})

export function revisionOf({
  metadata: {name, annotations, creationTimestamp},
  spec,
}: z.output<typeof replicaSetSchema>): Revision {
  return {
    number: Number(annotations['deployment.kubernetes.io/revision'] ?? 0),
    replicaSet: name,
    template: spec.template,
    createdAt: creationTimestamp,
    cause: annotations['kubernetes.io/change-cause'],
  }
}

export const jobSchema = z
  .object({
    status: z
      .object({
        conditions: z
          .array(
            z.object({
              type: z.string(),
              status: z.string(),
              reason: z.string().default(''),
              message: z.string().default(''),
            }),
          )
          .default([]),
      })
      .prefault({}),
  })
  .transform(({status: {conditions}}) => {
    const failed = conditions.find(({type, status}) => type === 'Failed' && status === 'True')
    return {
      isComplete: conditions.some(({type, status}) => type === 'Complete' && status === 'True'),
      failure: failed && (failed.message || failed.reason || 'no reason given'),
    }
  })
