import {placedArguments} from '../../fleet/placed-arguments.ts'
import {placeOfService} from './place-of-service.ts'
import type {DrillFile} from './schema.ts'
import type {ProbeSpec, SteadyState} from './types.ts'

type Declared = DrillFile['steadyState'][number]

/** @param folder what a relative program starts from. */
export function claimOf(declared: Declared, folder: string): SteadyState {
  const {name, probe, when, pace, timeout, allowedMisses, goodInARow} = declared
  return {
    name,
    probe: probeOf(probe, folder),
    when,
    paceSeconds: pace,
    timeoutSeconds: timeout,
    allowedMisses,
    goodInARow,
  }
}

function probeOf(probe: Declared['probe'], folder: string): ProbeSpec {
  if ('marker' in probe) return {type: 'marker'}
  if ('sql' in probe) {
    const {query, min, max} = probe.sql
    return {type: 'sql', query, tolerance: {min, max}}
  }
  if ('replication' in probe)
    return {type: 'replication', standbys: probe.replication.standbys, maxLagBytes: probe.replication.maxLag}
  if ('http' in probe) {
    const {url, service = '', site = '', path = '/', status, contains} = probe.http
    return {type: 'http', url: url ?? `${placeOfService({service, site})}${path}`, status, contains}
  }
  if ('tcp' in probe) return {type: 'tcp', ...probe.tcp}
  if ('kubernetes' in probe) {
    const {service, site, ready, most} = probe.kubernetes
    return {type: 'kubernetes', service, site, ready, most}
  }
  if ('prometheus' in probe) {
    const {query, min, max} = probe.prometheus
    return {type: 'prometheus', query, tolerance: {min, max}}
  }
  if ('command' in probe) {
    const {run, exitCode} = probe.command
    return {type: 'command', command: placedArguments(run, folder), exitCode}
  }
  return {type: 'pp', ...probe.pp}
}
