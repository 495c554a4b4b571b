import type {ProbeSpec} from '../format/types.ts'
import {good, type Look, type Vantage} from './vantage.ts'

export async function lookByTcp(
  {host, port}: Extract<ProbeSpec, {type: 'tcp'}>,
  vantage: Vantage,
): Promise<Look> {
  const stream = await vantage.connect(host, port)
  stream.destroy()
  return good(`${host}:${port} accepts connections`)
}
