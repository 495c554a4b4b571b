import {parseDuration} from '../../duration.ts'
import {actName, isClaimName} from './act-name.ts'
import type {DrillFile} from './schema.ts'
import type {Act, FaultSpec, OperationAct, WaitAct} from './types.ts'

type Declared = DrillFile['method'][number]
type Single = Exclude<Declared, {parallel: unknown}>

const defaultWaitSeconds = 60
/** Nothing on a host without power could lift anything; pp does. */
const noExpirySeconds = 600

export function actsOf(declared: Declared): Act {
  if (!('parallel' in declared)) return singleOf(declared)
  const {parallel, name = 'parallel'} = declared
  return {act: 'parallel', name, acts: parallel.map(singleOf)}
}

function singleOf(declared: Single): Exclude<Act, {act: 'parallel'}> {
  if ('operation' in declared) return operationOf(declared)
  if ('wait' in declared) return waitOf(declared)
  const name = actName(declared)
  if ('lift' in declared) return {act: 'lift', name, fault: declared.lift}
  return {act: 'fault', name, fault: faultOf(declared)}
}

function faultOf(declared: Extract<Single, {fault: unknown}>): FaultSpec {
  if (declared.fault === 'delete-pods') {
    const {service, site, count, percent} = declared
    return {kind: 'delete-pods', service, site, count, percent}
  }
  if (declared.fault === 'drain')
    return {kind: 'drain', site: declared.site, zone: declared.zone, node: declared.node}
  if (declared.fault === 'cut-link') return {kind: 'cut-link'}
  const {fault, host} = declared
  return {
    kind: fault,
    host,
    from: 'from' in declared ? declared.from : [],
    expiresSeconds: 'expires' in declared ? declared.expires : noExpirySeconds,
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
