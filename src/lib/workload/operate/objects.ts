import * as z from 'zod'

import type {FieldValue} from '../types.ts'
import {triggerAmong, withTrigger} from '../until.ts'
import type {FieldName, FieldOwner} from './types.ts'

const kinds = {
  deployment: {apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments'},
  horizontalpodautoscaler: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
  },
  scaledobject: {apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', plural: 'scaledobjects'},
} as const

export interface ObjectAddress {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly path: string
  /** Of the list that it is in. */
  readonly listPath: string
}

/** @param object as kubectl names it: `scaledobject/render`. */
export function addressOf(namespace: string, object: string): ObjectAddress {
  const [kind = '', name = ''] = object.split('/')
  const {apiVersion, kind: type, plural} = kinds[kind as keyof typeof kinds]
  const listPath = `/apis/${apiVersion}/namespaces/${namespace}/${plural}`
  return {apiVersion, kind: type, name, namespace, listPath, path: `${listPath}/${name}`}
}

const managedSchema = z.looseObject({
  manager: z.string().default(''),
  operation: z.enum(['Apply', 'Update']),
  apiVersion: z.string().default(''),
  subresource: z.string().optional(),
  fieldsType: z.string().default('FieldsV1'),
  fieldsV1: z.record(z.string(), z.unknown()).default({}),
})
export type Managed = z.output<typeof managedSchema>

/** What setting a field and giving it back needs of any of these objects. */
export const ownedSchema = z.object({
  metadata: z.object({
    uid: z.string().default(''),
    resourceVersion: z.string(),
    managedFields: z.array(managedSchema).default([]),
  }),
  spec: z.record(z.string(), z.unknown()).default({}),
})
export type Owned = z.output<typeof ownedSchema>

const keyOf = (field: FieldName): string => field.slice('spec.'.length)

export function valueOf({spec}: Owned, field: FieldName): FieldValue {
  if (field === 'spec.triggers') return triggerAmong(spec.triggers)
  const value = spec[keyOf(field)]
  return typeof value === 'number' ? value : null
}

/** What `spec` gets so that a field has this value; undefined: nothing. */
export function specValue({spec}: Owned, field: FieldName, value: FieldValue): unknown {
  if (field === 'spec.triggers') return withTrigger(spec.triggers, typeof value === 'string' ? value : null)
  return value ?? undefined
}

export const ownersOf = ({metadata}: Owned, field: FieldName): readonly FieldOwner[] =>
  metadata.managedFields
    .filter((entry) => `f:${keyOf(field)}` in specOf(entry))
    .map(({manager, operation, apiVersion, subresource}) => ({manager, operation, apiVersion, subresource}))

const specOf = ({fieldsV1}: Managed): Readonly<Record<string, unknown>> =>
  (fieldsV1['f:spec'] ?? {}) as Readonly<Record<string, unknown>>

/** Fields of `spec` that a manager has applied. */
export const appliedBy = ({metadata}: Owned, manager: string): readonly string[] =>
  metadata.managedFields
    .filter((entry) => entry.manager === manager && entry.operation === 'Apply')
    .flatMap((entry) => Object.keys(specOf(entry)).map((key) => key.slice('f:'.length)))

/** The entries in which a field belongs to these, and to `from` no more. */
export function handedOver(
  entries: readonly Managed[],
  field: FieldName,
  from: string,
  to: readonly FieldOwner[],
): readonly Managed[] {
  const key = `f:${keyOf(field)}`
  const without = entries.map((entry) =>
    entry.manager === from && entry.operation === 'Apply' ? withSpec(entry, omit(specOf(entry), key)) : entry,
  )
  return to
    .reduce<readonly Managed[]>((all, owner) => given(all, owner, key), without)
    .filter(({fieldsV1}) => Object.keys(fieldsV1).length > 0)
}

function given(entries: readonly Managed[], owner: FieldOwner, key: string): readonly Managed[] {
  const isOwners = (entry: Managed) =>
    entry.manager === owner.manager &&
    entry.operation === owner.operation &&
    entry.subresource === owner.subresource
  if (entries.some(isOwners))
    return entries.map((entry) => (isOwners(entry) ? withSpec(entry, {...specOf(entry), [key]: {}}) : entry))
  const {subresource, ...rest} = owner
  const more = subresource === undefined ? {} : {subresource}
  return [
    ...entries,
    {
      ...rest,
      ...more,
      time: new Date().toISOString().replace(/\.\d+/, ''),
      fieldsType: 'FieldsV1',
      fieldsV1: {'f:spec': {[key]: {}}},
    },
  ]
}

const omit = (fields: Readonly<Record<string, unknown>>, key: string) =>
  Object.fromEntries(Object.entries(fields).filter(([one]) => one !== key))

function withSpec(entry: Managed, spec: Readonly<Record<string, unknown>>): Managed {
  const rest = omit(entry.fieldsV1, 'f:spec')
  return {...entry, fieldsV1: Object.keys(spec).length > 0 ? {...rest, 'f:spec': spec} : rest}
}

/** A configuration to be applied: these fields of `spec` and nothing else. */
export const configuration = (
  {apiVersion, kind, name, namespace}: ObjectAddress,
  version: string,
  spec: Readonly<Record<string, unknown>>,
) => ({apiVersion, kind, metadata: {name, namespace, resourceVersion: version}, spec})

export const specKey = keyOf
