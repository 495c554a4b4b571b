import {messageOf} from '../../errors.ts'
import type {ProbeSpec} from '../format/types.ts'
import {lookByCommand} from './command.ts'
import {lookByHttp} from './http.ts'
import {lookAtKubernetes} from './kubernetes.ts'
import {lookAtPp} from './pp.ts'
import {lookAtPrometheus} from './prometheus.ts'
import {lookAtReplication} from './replication.ts'
import {lookByMarker, lookBySql} from './sql.ts'
import {lookByTcp} from './tcp.ts'
import {bad, type Look, type Vantage} from './vantage.ts'

/** Looks once. Never throws: what keeps it from looking is what it has found. */
export async function lookAt(probe: ProbeSpec, vantage: Vantage, timeoutSeconds: number): Promise<Look> {
  const signal = AbortSignal.timeout(Math.ceil(timeoutSeconds * 1000))
  const late = new Promise<Look>((resolve) => {
    signal.addEventListener('abort', () => resolve(bad(`no answer within ${timeoutSeconds} s`)))
  })
  const looking = lookByType(probe, vantage, {signal, timeoutSeconds}).catch((error: unknown) =>
    bad(messageOf(error)),
  )
  return Promise.race([looking, late])
}

interface Limit {
  readonly signal: AbortSignal
  readonly timeoutSeconds: number
}

function lookByType(probe: ProbeSpec, vantage: Vantage, {signal, timeoutSeconds}: Limit): Promise<Look> {
  switch (probe.type) {
    case 'http':
      return lookByHttp(probe, vantage, signal)
    case 'tcp':
      return lookByTcp(probe, vantage)
    case 'sql':
      return lookBySql(probe, vantage)
    case 'marker':
      return lookByMarker(vantage)
    case 'replication':
      return lookAtReplication(probe, vantage)
    case 'kubernetes':
      return lookAtKubernetes(probe, vantage.fleet, timeoutSeconds)
    case 'prometheus':
      return lookAtPrometheus(probe, vantage.fleet, timeoutSeconds)
    case 'command':
      return lookByCommand(probe, signal)
    case 'pp':
      return lookAtPp(probe, vantage)
  }
}
