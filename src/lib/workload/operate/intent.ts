import * as z from 'zod'

import type {Records, ScaleIntent} from './types.ts'
import {fieldSetSchema, valueSchema} from './memory.ts'
import {grownSchema, returnedSchema} from './memory-of-groups.ts'
import type {PlannedScale} from '../scale.ts'
import type {ScaleRequest} from '../types.ts'

const fieldSchema = z.enum([
  'spec.replicas', 'spec.minReplicas', 'spec.maxReplicas', 'spec.minReplicaCount', 'spec.maxReplicaCount',
  'spec.triggers',
]) // prettier-ignore
const intentSchema = z.object({
  service: z.string(),
  site: z.string().optional(),
  clusters: z.array(
    z.object({
      cluster: z.string(),
      site: z.string(),
      namespace: z.string(),
      deployment: z.string(),
      owner: z.enum(['deployment', 'hpa', 'keda']),
      now: z.number(),
      wanted: z.number(),
      isAwaited: z.boolean(),
      fields: z.array(z.object({object: z.string(), field: fieldSchema, to: valueSchema})),
      growth: z
        .array(z.object({group: z.string(), by: z.number(), added: z.number(), present: z.array(z.string())}))
        .default([]),
      returns: z.array(z.object({group: z.string(), node: z.string(), instance: z.string()})).default([]),
      recedes: z.array(z.string()).default([]),
    }),
  ),
  waitSeconds: z.number(),
  undoOnTimeout: z.boolean(),
  undo: z
    .object({
      operation: z.string(),
      fields: z.array(z.custom<unknown>()),
      grown: z.array(grownSchema).default([]),
      returned: z.array(returnedSchema).default([]),
      isScheduled: z.boolean().optional(),
      chosen: z.array(z.string()).optional(),
      left: z.array(z.string()).optional(),
    })
    .optional(),
  until: z.object({from: z.string(), to: z.string(), earlier: z.array(z.custom<unknown>())}).optional(),
})

/** What a scale was begun with, from the first record of its journal. */
export function openedScale(records: Records): ScaleIntent {
  const {site, undo, until, ...intent} = intentSchema.parse(
    (records[0]?.data as {intent?: unknown} | undefined)?.intent,
  )
  return {
    ...intent,
    site,
    undo: undo && {...undo, fields: undo.fields.map((one) => fieldSetSchema.parse(one))},
    until: until && {...until, earlier: until.earlier.map((one) => fieldSetSchema.parse(one))},
  }
}

export interface WaitOptions {
  readonly waitSeconds: number
  readonly undoOnTimeout: boolean
}

/** What a plan comes to, resolved: what is asked relative to what there was is a number from here on. */
export function intentOf(
  {clusters}: PlannedScale,
  {service, site, until}: Pick<ScaleRequest, 'service' | 'site' | 'until'>,
  wait: WaitOptions,
): ScaleIntent {
  return {
    service,
    site,
    ...wait,
    undo: undefined,
    until: until && {...until, earlier: []},
    clusters: clusters.flatMap((one) => {
      const {owner, changes, now, wanted} = one
      if (owner.kind === 'several') return []
      const isOwn = changes.every(({object}) => object.startsWith('deployment/'))
      return [
        {
          cluster: one.cluster,
          site: one.site,
          namespace: one.namespace,
          deployment: one.deployment,
          owner: owner.kind,
          now,
          wanted,
          isAwaited: wanted >= now || (isOwn && changes.length > 0),
          fields: changes.map(({object, field, to}) => ({object, field, to})),
          growth: one.growth.flatMap(({group, maker, from, to, added, present}) =>
            maker === 'pp' ? [{group, by: to - from, added, present}] : [],
          ),
          returns: one.returns,
          recedes: one.recedes,
        },
      ]
    }),
  }
}
