import * as z from 'zod'

import {messageOf, unavailableError} from '../../errors.ts'
import {getText} from '../http/get-text.ts'

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
  const url = new URL('api/v1/query', address.endsWith('/') ? address : `${address}/`)
  url.searchParams.set('query', query)
  try {
    const {status, body} = await getText(url, withinMs)
    if (status !== 200) throw new Error(`it answers ${status}: ${body.slice(0, 200)}`)
    const {data} = answerSchema.parse(JSON.parse(body))
    const samples = data.resultType === 'scalar' ? [data.result] : data.result.map(({value}) => value)
    return samples.map(([, value]) => numberOf(value))
  } catch (error) {
    throw unavailableError('PROMETHEUS_SILENT', {
      message: `Prometheus at ${address} gives no answer to “${query}”: ${messageOf(error)}.`,
      hint: `curl '${url.href}'`,
    })
  }
}

const numberOf = (text: string): number =>
  text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
