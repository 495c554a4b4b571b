import type * as z from 'zod'

import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import {autoscalerSchema, scaledObjectSchema} from './objects.ts'

/** All that set replicas in one namespace. */
export interface Autoscalers {
  readonly autoscalers: readonly z.output<typeof autoscalerSchema>[]
  readonly scaledObjects: readonly z.output<typeof scaledObjectSchema>[]
}

/** @throws PpError what the reader throws. */
export async function autoscalersIn(reader: ClusterReader, namespace: string): Promise<Autoscalers> {
  const [autoscalers, scaledObjects] = await Promise.all([
    reader.list(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, autoscalerSchema),
    reader.list(`/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects`, scaledObjectSchema),
  ])
  return {autoscalers, scaledObjects}
}
