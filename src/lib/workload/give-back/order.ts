import * as z from 'zod'

import {fieldSetSchema} from '../operate/memory.ts'
import type {FieldSet} from '../operate/types.ts'

/** What is to be given back in one cluster, and whose it was. */
export interface Order {
  readonly operation: string
  readonly service: string
  readonly cluster: string
  readonly site: string
  readonly namespace: string
  readonly fields: readonly FieldSet[]
}

/** The variable by which a Pod is told. */
export const orderVariable = 'PP_GIVE_BACK'

const orderSchema = z.object({
  operation: z.string(),
  service: z.string(),
  cluster: z.string(),
  site: z.string(),
  namespace: z.string(),
  fields: z.array(z.custom<unknown>()),
})

export function orderIn(env: NodeJS.ProcessEnv): Order {
  const {fields, ...order} = orderSchema.parse(JSON.parse(env[orderVariable] ?? ''))
  return {...order, fields: fields.map((one) => fieldSetSchema.parse(one))}
}

/** What everything in the cluster is called that gives a service back. */
export const giveBackName = (service: string): string => `pp-until-${service}`

export const operationLabel = 'pp.pixelpulse.io/operation'
/** What could not be given back, as a list in JSON; empty: nothing. */
export const findingsKey = 'pp.pixelpulse.io/findings'

export const cronJobPath = (namespace: string, service: string): string =>
  `/apis/batch/v1/namespaces/${namespace}/cronjobs/${giveBackName(service)}`
