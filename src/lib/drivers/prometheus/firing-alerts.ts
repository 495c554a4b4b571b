import * as z from 'zod'

import {askPrometheus} from './ask.ts'

/** An alert that fires, by its labels. */
export interface FiringAlert {
  readonly name: string
  /** Null: it is about no service. */
  readonly service: string | null
  /** Null: it is about no site in particular. */
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
  const asked = {path: 'api/v1/alerts', what: 'which alerts fire', withinMs}
  const {data} = await askPrometheus(address, asked, answerSchema)
  return data.alerts
    .filter(({state}) => state === 'firing')
    .map(({labels: {alertname, service, site}}) => ({name: alertname, service, site}))
}
