import * as z from 'zod'

import type {ClusterReader} from '../../drivers/kubernetes/types.ts'
import {PpError} from '../../errors.ts'
import {PlanAnew} from '../../operation/plan-anew.ts'
import type {ServiceCluster} from '../open-service.ts'
import {readFields, restoreFields, tellLeft} from '../operate/fields.ts'
import {remembered} from '../operate/memory.ts'
import {planForward} from '../operate/plan.ts'
import type {FieldSet, FieldState, ScaleStep} from '../operate/types.ts'
import {leftInWords} from '../operate/verdict.ts'
import {cronJobPath, findingsKey, operationLabel, type Order} from './order.ts'

/** What came of it; `findings` are what somebody else has set since, and stays. */
export interface GivenBack {
  readonly operation: string
  readonly outcome: 'done' | 'degraded' | 'superseded'
  readonly restored: readonly string[]
  readonly findings: readonly string[]
}

/** How often fields are looked at anew because somebody changed one meanwhile. */
const attempts = 5

/**
 * Gives back what an operation has set, each field only where it still holds that, and removes the CronJob that asked for it; where
 * something stays, the CronJob stays too, suspended, and says what.
 * A later operation that has put its own order in the place of this one is left to it.
 *
 * @throws PpError CLUSTER_…: nothing is lost, it may be made again.
 */
export async function giveBack(cluster: ServiceCluster, order: Order): Promise<GivenBack> {
  const {operation, service} = order
  if ((await scheduledFor(cluster, service)) !== operation)
    return {operation, outcome: 'superseded', restored: [], findings: []}
  const steps = await performed(cluster, order)
  const findings = steps.flatMap((step) => (step.kind === 'leave' ? [leftInWords(step)] : []))
  await close(cluster, service, findings)
  const restored = steps.flatMap((step) =>
    step.kind === 'restore' ? step.fields.map(({object, field}) => `${object} ${field}`) : [],
  )
  return {
    operation,
    outcome: findings.length > 0 ? 'degraded' : 'done',
    restored,
    findings,
  }
}

function close({api, declared: {namespace}}: ServiceCluster, service: string, findings: readonly string[]) {
  const path = cronJobPath(namespace, service)
  const annotations = {[findingsKey]: JSON.stringify(findings)}
  return api.write(
    findings.length === 0
      ? {method: 'DELETE', path, body: {propagationPolicy: 'Background'}}
      : {method: 'PATCH', path, patch: 'merge', body: {metadata: {annotations}, spec: {suspend: true}}},
    z.unknown(),
  )
}

async function performed(cluster: ServiceCluster, order: Order): Promise<readonly ScaleStep[]> {
  const done: ScaleStep[] = []
  for (let attempt = 1; ; attempt++) {
    const steps = givingBack(await statesOf(cluster, order.fields), order)
    try {
      for (const step of steps) {
        if (step.kind === 'restore') await restoreFields(cluster, step.object, step.fields)
        if (step.kind === 'leave') await tellLeft(cluster, step.object, leftInWords(step, order.operation))
        done.push(step)
      }
      return done
    } catch (error) {
      if (!(error instanceof PlanAnew) || attempt === attempts) throw error
    }
  }
}

async function statesOf(cluster: ServiceCluster, fields: readonly FieldSet[]) {
  const objects = Object.entries(Object.groupBy(fields, ({object}) => object))
  const states = await Promise.all(
    objects.map(([object, of = []]) =>
      readFields(
        cluster,
        object,
        of.map(({field}) => field),
      ).catch(noneWhereGone),
    ),
  )
  return states.flat()
}

/** Nothing is given back to what is not there any more. */
function noneWhereGone(error: unknown): readonly FieldState[] {
  if (error instanceof PpError && error.code === 'OBJECT_GONE') return []
  throw error
}

function givingBack(
  states: Awaited<ReturnType<typeof statesOf>>,
  {operation, service, site, fields}: Order,
): readonly ScaleStep[] {
  const intent = {
    service,
    site,
    clusters: [],
    waitSeconds: 0,
    undoOnTimeout: false,
    // Nodes stay: a Pod has no business with AWS.
    undo: {operation, fields, grown: [], returned: []},
  }
  const plan = planForward({fields: states, clusters: [], groups: []}, intent, remembered([]))
  return plan.kind === 'steps' ? plan.steps : []
}

const texts = z.record(z.string(), z.string()).default({})
const scheduledSchema = z.object({metadata: z.object({labels: texts, annotations: texts})})

/** The operation that a cluster gives a service back for when its time is over; undefined: none. */
export async function scheduledFor(
  {api, declared: {namespace}}: ServiceCluster,
  service: string,
): Promise<string | undefined> {
  const found = await api.get(cronJobPath(namespace, service), scheduledSchema)
  return found?.metadata.labels[operationLabel]
}

/** What a cluster could not give back of a service when the time was over, in words. */
export async function leftOf(
  reader: ClusterReader,
  namespace: string,
  service: string,
): Promise<readonly string[]> {
  const found = await reader.get(cronJobPath(namespace, service), scheduledSchema)
  const {labels = {}, annotations = {}} = found?.metadata ?? {}
  const findings = z.array(z.string()).parse(JSON.parse(annotations[findingsKey] || '[]'))
  return findings.map(
    (finding) => `not given back: ${finding} (pp scale ${service} --undo ${labels[operationLabel] ?? ''})`,
  )
}
