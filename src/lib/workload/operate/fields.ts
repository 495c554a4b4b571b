import * as z from 'zod'

import {again} from '../../again.ts'
import {kubectl} from '../../drivers/kubernetes/errors.ts'
import type {ClusterWriter, Written} from '../../drivers/kubernetes/types.ts'
import {refusal} from '../../errors.ts'
import {PlanAnew} from '../../operation/plan-anew.ts'
import type {ServiceCluster} from '../open-service.ts'
import {
  addressOf, appliedBy, configuration, handedOver, ownedSchema, ownersOf, specKey, specValue, valueOf, type ObjectAddress, type Owned,
} from './objects.ts' // prettier-ignore
import {fieldManager, type FieldPlace, type FieldSet, type FieldState} from './types.ts'

/** How often an object is read anew because something else of it, its status say, was written meanwhile. */
const attempts = 10

/** Fields of one object as they are now. @throws PpError OBJECT_GONE, CLUSTER_…. */
export async function readFields(
  cluster: ServiceCluster,
  object: string,
  fields: readonly FieldPlace['field'][],
): Promise<readonly FieldState[]> {
  const owned = await read(cluster, addressOf(cluster.declared.namespace, object), object)
  const {name} = cluster.declared
  return fields.map((field) => ({
    cluster: name,
    object,
    field,
    value: valueOf(owned, field),
    owners: ownersOf(owned, field),
  }))
}

/**
 * Sets fields of one object by server-side apply as the manager `pp`, only while each holds what it held when it was planned.
 *
 * @throws PlanAnew when one holds something else by now. @throws PpError OBJECT_GONE, FIELD_REJECTED, CLUSTER_….
 */
export async function setFields(
  cluster: ServiceCluster,
  object: string,
  fields: readonly FieldSet[],
): Promise<void> {
  await change(cluster, object, async (owned, address) => {
    refuseChanged(fields, owned)
    const values = Object.fromEntries(
      fields.map(({field, to}) => [specKey(field), specValue(owned, field, to)]),
    )
    return apply(cluster.api, address, owned, values)
  })
}

/**
 * Gives fields back: their value first, then, in a second write, their owners. Either may be made again.
 *
 * @throws PlanAnew when one holds neither what `pp` set nor what was there before.
 */
export async function restoreFields(
  cluster: ServiceCluster,
  object: string,
  fields: readonly FieldSet[],
): Promise<void> {
  await change(cluster, object, async (owned, address) => {
    refuseChanged(fields, owned)
    // What had no value and is applied no more has none again.
    const values = Object.fromEntries(
      fields.map(({field, was}) => [specKey(field), specValue(owned, field, was)] as const),
    )
    return apply(cluster.api, address, owned, values)
  })
  await change(cluster, object, async (owned, address) => {
    const entries = fields.reduce<Owned['metadata']['managedFields']>(
      (all, {field, was, owners}) => [
        // The list of triggers was somebody's, also without pp's own in it.
        ...handedOver(all, field, fieldManager, was === null && field !== 'spec.triggers' ? [] : owners),
      ],
      owned.metadata.managedFields,
    )
    return cluster.api.write(
      {
        method: 'PATCH',
        path: address.path,
        patch: 'json',
        body: [
          // As a value and not as a test: one that does not hold is a conflict then, and no invalid request.
          {op: 'replace', path: '/metadata/resourceVersion', value: owned.metadata.resourceVersion},
          {op: 'replace', path: '/metadata/managedFields', value: entries},
        ],
      },
      ownedSchema,
    )
  })
}

/** Beside what `pp` has applied before and that is still its own: what is left out of a configuration is taken away. */
function apply(
  api: ClusterWriter,
  address: ObjectAddress,
  owned: Owned,
  values: Readonly<Record<string, unknown>>,
): Promise<Written<Owned>> {
  const kept = Object.fromEntries(
    appliedBy(owned, fieldManager).map((key) => [key, owned.spec[key]] as const),
  )
  const spec: Readonly<Record<string, unknown>> = {...kept, ...values}
  return api.write(
    {
      method: 'PATCH',
      path: address.path,
      query: {fieldManager, force: 'true'},
      patch: 'apply',
      body: configuration(address, owned.metadata.resourceVersion, spec),
    },
    ownedSchema,
  )
}

async function change(
  cluster: ServiceCluster,
  object: string,
  write: (owned: Owned, address: ObjectAddress) => Promise<Written<Owned>>,
): Promise<void> {
  const address = addressOf(cluster.declared.namespace, object)
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const {kind} = await write(await read(cluster, address, object), address)
    if (kind === 'written') return
  }
  throw new PlanAnew({
    message: `${cluster.declared.name}: ${object} was changed by others ${attempts} times while it was written.`,
    hint: kubectl(cluster.declared, 'get', object, '--namespace', address.namespace, '-o', 'yaml'),
  })
}

async function read({api, declared}: ServiceCluster, address: ObjectAddress, object: string): Promise<Owned> {
  const found = await api.get(address.path, ownedSchema)
  if (found) return found
  throw refusal('OBJECT_GONE', {
    message: `${declared.name}: ${object} is not there any more.`,
    hint: kubectl(declared, 'get', object.split('/')[0] ?? '', '--namespace', address.namespace),
  })
}

function refuseChanged(fields: readonly FieldSet[], owned: Owned): void {
  const changed = fields.find(({field, was, to, over}) => {
    const value = valueOf(owned, field)
    return value !== was && value !== to && (over === undefined || value !== over)
  })
  if (changed) throw changedMeanwhile(changed, owned)
}

function changedMeanwhile({cluster, object, field, was, to}: FieldSet, owned: Owned): PlanAnew {
  const by = ownersOf(owned, field).map(({manager}) => manager)
  return new PlanAnew({
    message: `${cluster}: ${object} ${field} is ${valueOf(owned, field) ?? 'not set'}, set by ${by.join(', ') || 'somebody'} meanwhile; it was ${was ?? 'not set'} and was to be ${to}.`,
    hint: again(),
  })
}

const anything = z.unknown()

/** Tells at the object what was left as somebody else has set it. */
export async function tellLeft(
  {api, declared: {namespace}}: ServiceCluster,
  object: string,
  message: string,
): Promise<void> {
  const address = addressOf(namespace, object)
  const found = await api.get(address.path, ownedSchema)
  const now = new Date(api.serverNow() ?? Date.now()).toISOString()
  await api.write(
    {
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/events`,
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {namespace, name: `${address.name}.${Date.now().toString(16)}`},
        involvedObject: {
          apiVersion: address.apiVersion,
          kind: address.kind,
          name: address.name,
          namespace,
          ...(found ? {uid: found.metadata.uid} : {}),
        },
        reason: 'ScaleLeft',
        message,
        type: 'Warning',
        source: {component: fieldManager},
        firstTimestamp: now.replace(/\.\d+/, ''),
        lastTimestamp: now.replace(/\.\d+/, ''),
        count: 1,
      },
    },
    anything,
  )
}
