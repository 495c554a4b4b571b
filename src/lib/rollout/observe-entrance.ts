import * as z from 'zod'

import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import type {KubernetesCluster} from '../fleet/types.ts'
import {orUndefinedIfDenied} from './denied.ts'
import {canaryAnnotation, type Entrance, type IngressFacts, type ServiceFacts} from './entrance.ts'

const strings = z.record(z.string(), z.string())
const metadata = z.object({name: z.string(), annotations: strings.default({})})
const backend = z.looseObject({service: z.looseObject({name: z.string()}).optional()})
const rule = z.looseObject({
  http: z.looseObject({paths: z.array(z.looseObject({backend}))}).optional(),
})

const ingressSchema = z
  .object({
    metadata,
    spec: z
      .object({
        ingressClassName: z.string().optional(),
        defaultBackend: backend.optional(),
        rules: z.array(rule).default([]),
      })
      .prefault({}),
  })
  .transform(({metadata: {name, annotations}, spec}): IngressFacts => ({
    name,
    isCanary: annotations[canaryAnnotation] === 'true',
    className: spec.ingressClassName,
    defaultService: spec.defaultBackend?.service?.name,
    rules: spec.rules,
  }))

const port = z
  .record(z.string(), z.unknown())
  .transform((one) => Object.fromEntries(Object.entries(one).filter(([key]) => key !== 'nodePort')))

const serviceSchema = z
  .object({
    metadata,
    spec: z.object({selector: strings.default({}), ports: z.array(port).default([])}).prefault({}),
  })
  .transform(({metadata: {name}, spec}): ServiceFacts => ({name, ...spec}))

const classSchema = z.object({
  metadata,
  spec: z.object({controller: z.string().default('')}).prefault({}),
})

/** @returns undefined when it may not be read. */
export const observeEntrance = (
  reader: Pick<ClusterReader, 'list'>,
  {namespace}: Pick<KubernetesCluster, 'namespace'>,
): Promise<Entrance | undefined> =>
  orUndefinedIfDenied(async () => {
    const networking = '/apis/networking.k8s.io/v1'
    const [services, ingresses, classes] = await Promise.all([
      reader.list(`/api/v1/namespaces/${namespace}/services`, serviceSchema),
      reader.list(`${networking}/namespaces/${namespace}/ingresses`, ingressSchema),
      reader.list(`${networking}/ingressclasses`, classSchema),
    ])
    const controllers = Object.fromEntries(classes.map((one) => [one.metadata.name, one.spec.controller]))
    return {services, ingresses, controllers}
  })
