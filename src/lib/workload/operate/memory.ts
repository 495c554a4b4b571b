import * as z from 'zod/mini'

import {rememberedGroups, type GroupMemory} from './memory-of-groups.ts'
import {samePlace, type FieldPlace, type FieldSet, type LeftField, type Records} from './types.ts'

const field = z.enum([
  'spec.replicas', 'spec.minReplicas', 'spec.maxReplicas', 'spec.minReplicaCount', 'spec.maxReplicaCount',
  'spec.triggers',
]) // prettier-ignore
export const valueSchema = z.nullable(z.union([z.number(), z.string()]))
const object = {cluster: z.string(), object: z.string()}
const owner = z.object({
  manager: z.string(),
  operation: z.enum(['Apply', 'Update']),
  apiVersion: z.string(),
  subresource: z.optional(z.string()),
})
export const fieldSetSchema = z.pipe(
  z.object({
    ...object,
    field,
    was: valueSchema,
    owners: z.array(owner),
    to: valueSchema,
    over: z.optional(valueSchema),
  }),
  z.transform((one): FieldSet => ({
    ...one,
    owners: one.owners.map((each) => ({...each, subresource: each.subresource})),
  })),
)
const setStep = z.object({kind: z.literal('set'), fields: z.array(fieldSetSchema)})
const setDone = z.object({kind: z.literal('set'), proof: z.object(object)})
const leaveStep = z.object({
  kind: z.literal('leave'),
  ...object,
  fields: z.array(z.object({field, value: valueSchema, to: valueSchema, was: valueSchema})),
})
const scheduleStep = z.object({
  kind: z.literal('schedule'),
  cluster: z.string(),
  fields: z.array(fieldSetSchema),
})
const clusterStep = z.object({kind: z.enum(['choose', 'unchoose']), cluster: z.string()})

/** What an operation has done by now, from its journal. */
export interface Memory {
  /** What it was about to set, each as it was right before; `isDone` when the act is known to have been made. */
  readonly set: readonly (FieldSet & {readonly isDone: boolean})[]
  /** Clusters in which it has given Pods a deletion cost. */
  readonly chosen: readonly string[]
  /** Clusters in which it has taken it from them. */
  readonly unchosen: readonly string[]
  readonly left: readonly (FieldPlace & LeftField)[]
  readonly groups: GroupMemory
  /** What it has made clusters give back by themselves. */
  readonly scheduled: readonly {readonly cluster: string; readonly fields: readonly FieldSet[]}[]
}

/** An intent counts from when it was written: the act that follows it may have been the last one of a process. */
export function remembered(records: Records): Memory {
  let set: Memory['set'] = []
  const left: Memory['left'][number][] = []
  const chosen = new Set<string>()
  const unchosen = new Set<string>()
  let scheduled: Memory['scheduled'] = []
  for (const {type, data} of records) {
    if (type === 'step-done') {
      const done = setDone.safeParse(data).data?.proof
      set = set.map((one) =>
        one.cluster === done?.cluster && one.object === done.object ? {...one, isDone: true} : one,
      )
    }
    if (type !== 'step-intent') continue
    const begun = setStep.safeParse(data).data?.fields ?? []
    // One that is begun anew had no effect, or somebody else's took its place: what was there last counts.
    set = [
      ...set.filter((one) => !begun.some((other) => samePlace(one, other))),
      ...begun.map((one) => ({...one, isDone: false})),
    ]
    const leaving = leaveStep.safeParse(data).data
    if (leaving)
      left.push(...leaving.fields.map((one) => ({...one, cluster: leaving.cluster, object: leaving.object})))
    const scheduling = scheduleStep.safeParse(data).data
    if (scheduling)
      scheduled = [...scheduled.filter(({cluster}) => cluster !== scheduling.cluster), scheduling]
    const choosing = clusterStep.safeParse(data).data
    if (choosing?.kind === 'choose') chosen.add(choosing.cluster)
    if (choosing?.kind === 'unchoose') {
      chosen.delete(choosing.cluster)
      unchosen.add(choosing.cluster)
    }
  }
  return {
    set,
    chosen: [...chosen],
    unchosen: [...unchosen],
    left,
    scheduled,
    groups: rememberedGroups(records),
  }
}
