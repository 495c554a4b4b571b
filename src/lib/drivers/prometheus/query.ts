import * as z from 'zod'

import {askPrometheus} from './ask.ts'

const sample = z.tuple([z.number(), z.string()])
const answerSchema = z.object({
  data: z.discriminatedUnion('resultType', [
    z.object({resultType: z.literal('scalar'), result: sample}),
    z.object({resultType: z.literal('vector'), result: z.array(z.object({value: sample}))}),
  ]),
})

/** The values that an instant query gives now, one a series; NaN where Prometheus says so. @throws PpError PROMETHEUS_SILENT. */
export async function queryPrometheus(
  address: string,
  query: string,
  withinMs: number,
): Promise<readonly number[]> {
  const path = `api/v1/query?${new URLSearchParams({query}).toString()}`
  const {data} = await askPrometheus(address, {path, what: `“${query}”`, withinMs}, answerSchema)
  const samples = data.resultType === 'scalar' ? [data.result] : data.result.map(({value}) => value)
  return samples.map(([, value]) => numberOf(value))
}

const numberOf = (text: string): number =>
  text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
