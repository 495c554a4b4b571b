import {getOver} from '../../drivers/http/get.ts'
import type {ProbeSpec} from '../format/types.ts'
import {bad, good, type Look, type Vantage} from './vantage.ts'

export async function lookByHttp(
  {url, status, contains}: Extract<ProbeSpec, {type: 'http'}>,
  vantage: Vantage,
  signal: AbortSignal,
): Promise<Look> {
  const address = new URL(url)
  const port = address.port === '' ? (address.protocol === 'https:' ? 443 : 80) : Number(address.port)
  const answer = await getOver(await vantage.connect(address.hostname, port), address, signal)
  if (answer.status !== status) return bad(`status ${answer.status}, wanted ${status}`)
  if (contains !== undefined && !answer.body.includes(contains))
    return bad(`status ${status}, without ${JSON.stringify(contains)}`)
  return good(`status ${status}`)
}
