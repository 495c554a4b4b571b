import type * as z from 'zod'

import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import {autoscalerSchema, scaledObjectSchema} from './objects.ts'
import type {Condition} from './why/types.ts'

/** All that set replicas in one namespace. */
export interface Autoscalers {
  readonly autoscalers: readonly z.output<typeof autoscalerSchema>[]
  readonly scaledObjects: readonly z.output<typeof scaledObjectSchema>[]
}

/**
 * Whether a condition of an HPA or a ScaledObject says that it does not work as it should. `Active` is left out: a ScaledObject with
 * nothing to do is not active; neither is an HPA at zero replicas.
 */
export const isHindered = ({type, status, reason}: Condition): boolean =>
  (status === 'False' && ['AbleToScale', 'Ready'].includes(type)) ||
  (status === 'False' && type === 'ScalingActive' && reason !== 'ScalingDisabled') ||
  (status === 'True' && ['Fallback', 'Paused'].includes(type)) ||
  (status === 'True' && type === 'ScalingLimited' && reason === 'TooManyReplicas')

/** @throws PpError what the reader throws. */
export async function autoscalersIn(reader: ClusterReader, namespace: string): Promise<Autoscalers> {
  const [autoscalers, scaledObjects] = await Promise.all([
    reader.list(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, autoscalerSchema),
    reader.list(`/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects`, scaledObjectSchema),
  ])
  return {autoscalers, scaledObjects}
}
