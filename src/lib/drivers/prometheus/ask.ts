import type * as z from 'zod'

import {messageOf, unavailableError} from '../../errors.ts'
import {getText} from '../http/get-text.ts'

/**
 * One question to a Prometheus.
 *
 * @param path below its address, with the query: `api/v1/alerts`. @param what it is asked for, in words.
 * @throws PpError PROMETHEUS_SILENT.
 */
export async function askPrometheus<T>(
  address: string,
  {path, what, withinMs}: {readonly path: string; readonly what: string; readonly withinMs: number},
  schema: z.ZodType<T>,
): Promise<T> {
  const url = new URL(path, address.endsWith('/') ? address : `${address}/`)
  try {
    const {status, body} = await getText(url, withinMs)
    if (status !== 200) throw new Error(`it answers ${status}: ${body.slice(0, 200)}`)
    return schema.parse(JSON.parse(body))
  } catch (error) {
    throw unavailableError('PROMETHEUS_SILENT', {
      message: `Prometheus at ${address} gives no answer to ${what}: ${messageOf(error)}.`,
      hint: `curl '${url.href}'`,
    })
  }
}
