import {resolve} from 'node:path'

import {parseDuration} from '../../duration.ts'
import {actName, isClaimName} from './act-name.ts'
import type {DrillFile} from './schema.ts'
import type {Act, FaultSpec, LoadAct, OperationAct, SingleAct, WaitAct} from './types.ts'

type Declared = DrillFile['method'][number]
type Single = Exclude<Declared, {parallel: unknown}>

const defaultWaitSeconds = 60
/** Nothing on a host without power could lift anything; pp does. */
const noExpirySeconds = 600

interface Context {
  readonly maxPods: number
  /** What a relative script starts from. */
  readonly folder: string
}

export function actsOf(declared: Declared, context: Context): Act {
  if (!('parallel' in declared)) return singleOf(declared, context)
  const {parallel, name = 'parallel'} = declared
  return {act: 'parallel', name, acts: parallel.map((one) => singleOf(one, context))}
}

function singleOf(declared: Single, context: Context): SingleAct {
  if ('load' in declared) return loadOf(declared, context)
  if ('operation' in declared) return operationOf(declared)
  if ('wait' in declared) return waitOf(declared)
  const name = actName(declared)
  if ('lift' in declared) return {act: 'lift', name, fault: declared.lift}
  return {act: 'fault', name, fault: faultOf(declared, context)}
}

function faultOf(declared: Extract<Single, {fault: unknown}>, {maxPods}: Context): FaultSpec {
  switch (declared.fault) {
    case 'delete-pods': {
      const {service, site, count, percent} = declared
      return {kind: 'delete-pods', service, site, count, percent, maxPods}
    }
    case 'drain':
      return {kind: 'drain', site: declared.site, zone: declared.zone, node: declared.node}
    case 'cut-link':
      return {kind: 'cut-link', expiresSeconds: declared.expires}
    case 'node-group-to-zero':
      return {
        kind: declared.fault,
        site: declared.site,
        group: declared.group,
        expiresSeconds: declared.expires,
      }
    case 'api-server-down':
      return {kind: declared.fault, site: declared.site, expiresSeconds: declared.expires}
    default: {
      const {fault, host} = declared
      return {
        kind: fault,
        host,
        from: 'from' in declared ? declared.from : [],
        expiresSeconds: 'expires' in declared ? declared.expires : noExpirySeconds,
      }
    }
  }
}

function loadOf(declared: Extract<Single, {load: unknown}>, {folder}: Context): LoadAct {
  const {load, service, site, settings, timeout} = declared
  return {
    act: 'load',
    name: actName(declared),
    script: resolve(folder, load),
    service,
    site,
    settings,
    timeoutSeconds: timeout,
  }
}

export function operationOf(declared: DrillFile['undo'][number]): OperationAct {
  const {operation, timeout} = declared
  const flags = Object.entries(declared.with).flatMap(([flag, value]): [string, string | boolean][] =>
    value === undefined ? [] : [[flag, value]],
  )
  return {
    act: 'operation',
    name: actName(declared),
    operation,
    with: Object.fromEntries(flags),
    timeoutSeconds: timeout,
  }
}

function waitOf(declared: Extract<Single, {wait: unknown}>): WaitAct {
  const {wait, timeout = defaultWaitSeconds} = declared
  const name = actName(declared)
  if (isClaimName(wait)) return {act: 'wait', name, probe: wait, timeoutSeconds: timeout}
  const seconds = typeof wait === 'number' ? wait : (parseDuration(wait) ?? 0)
  return {act: 'wait', name, probe: undefined, timeoutSeconds: seconds}
}
