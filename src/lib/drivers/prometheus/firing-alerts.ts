import * as z from 'zod'

import {messageOf, unavailableError} from '../../errors.ts'
import {getText} from '../http/get-text.ts'

/** An alert that fires, by its labels. */
export interface FiringAlert {
  readonly name: string
  /** Null: it is about no service, or about every site. */
  readonly service: string | null
  readonly site: string | null
}

const withinMs = 2000

const label = z.string().nullable().default(null)
const answerSchema = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        state: z.string(),
        labels: z.object({alertname: z.string(), service: label, site: label}),
      }),
    ),
  }),
})

/** What fires in a Prometheus now. @throws PpError PROMETHEUS_SILENT. */
export async function firingAlerts(address: string): Promise<readonly FiringAlert[]> {
  const url = new URL('api/v1/alerts', address.endsWith('/') ? address : `${address}/`)
  try {
    const {status, body} = await getText(url, withinMs)
    if (status !== 200) throw new Error(`it answers ${status}`)
    const {data} = answerSchema.parse(JSON.parse(body))
    return data.alerts
      .filter(({state}) => state === 'firing')
      .map(({labels: {alertname, service, site}}) => ({name: alertname, service, site}))
  } catch (error) {
    throw unavailableError('PROMETHEUS_SILENT', {
      message: `Prometheus at ${address} says nothing of alerts: ${messageOf(error)}.`,
      hint: `curl ${url.href}`,
    })
  }
}
