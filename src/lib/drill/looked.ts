import {lookAt} from './probes/look.ts'
import type {Look, Vantage} from './probes/vantage.ts'
import type {ProbeResult} from './report/report-types.ts'
import type {ProbeTime, SteadyState} from './format/types.ts'

/** One look at one claim; times are seconds since the start of the run. */
export interface Looked extends Look {
  readonly probe: string
  readonly from: number
  readonly to: number
}

/** Looks at a claim once. @param now seconds since the start of the run. */
export async function lookOnce(
  {name, probe, timeoutSeconds}: SteadyState,
  vantage: Vantage,
  now: () => number,
): Promise<Looked> {
  const from = now()
  const look = await lookAt(probe, vantage, timeoutSeconds)
  return {probe: name, from, to: now(), ...look}
}

/** How a claim did over several looks. No look, or none with data, is no success. */
export function resultOf(claim: SteadyState, time: ProbeTime, looks: readonly Looked[]): ProbeResult {
  const missed = looks.filter(({state}) => state !== 'good')
  const hasData = looks.some(({state}) => state !== 'no-data')
  return {
    name: claim.name,
    time,
    status: !hasData ? 'no-data' : missed.length > claim.allowedMisses ? 'broken' : 'held',
    looks: looks.length,
    misses: missed.length,
    allowedMisses: claim.allowedMisses,
    said: missed.at(-1)?.said,
  }
}
