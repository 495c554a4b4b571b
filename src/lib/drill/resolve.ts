import {memberOf, solePrimary, streamsFrom} from '../database/facts.ts'
import type {ClusterState} from '../database/types.ts'
import type {Refused} from '../operation/types.ts'
import {isOnHost} from './fault-place.ts'
import {isParallel, type ActStep, type SingleStep} from './steps.ts'
import type {Drill, OperationAct, ProbeSpec, SingleAct, SteadyState} from './format/types.ts'

/** A drill with its hosts found: what a run keeps to, also when it is resumed after the primary has moved. */
export interface ResolvedDrill {
  readonly kind: 'resolved'
  /** Name by `{primary}`, `{standby}`, `{pooler}`. */
  readonly hosts: Readonly<Record<string, string>>
  /** Whom faults may hit. */
  readonly targets: readonly string[]
  readonly method: readonly ActStep[]
  readonly undo: readonly SingleStep[]
  readonly steadyState: readonly SteadyState[]
  /** Services that nobody else may change meanwhile; undefined in journals from before there were any. */
  readonly held?: readonly string[]
}

/** What a database does not know of the fleet around it. */
export interface Surroundings {
  /** Hosts of Kubernetes clusters: they have no part in the database, and can lose their power. */
  readonly ofClusters?: readonly string[]
  /** An address with the service that stands in it found. */
  readonly urlOf?: (url: string) => string
}
const asItIs = (url: string): string => url

/** Finds who `{primary}`, `{standby}` and `{pooler}` are now. Refuses where there is none, or more hosts than the cap. */
export function resolveDrill(
  drill: Drill,
  state: ClusterState,
  {ofClusters = [], urlOf = asItIs}: Surroundings = {},
): ResolvedDrill | Refused {
  const hosts = rolesIn(state)
  const missing = drill.targets.hosts.find((name) => isRole(name) && hosts[name] === undefined)
  if (missing !== undefined)
    return {
      kind: 'refused',
      code: 'TARGET_MISSING',
      reason: `${drill.name} wants ${missing}, and ${state.database} has none now.`,
      hint: 'pp db status',
    }
  const nameOf = (name: string): string => hosts[name] ?? name
  const targets = [...new Set(drill.targets.hosts.map(nameOf))]
  const known = new Set([...[...state.members, ...state.poolers].map(({host}) => host), ...ofClusters])
  const unknown = targets.find((host) => !known.has(host))
  if (unknown !== undefined)
    return {
      kind: 'refused',
      code: 'TARGET_UNKNOWN',
      reason: `${drill.name} wants ${unknown}, which is no host of ${state.database}: ${[...known].join(', ')}.`,
      hint: `Correct targets.hosts in ${drill.file}, then: pp drill check ${drill.name}`,
    }
  if (targets.length > drill.targets.maxHosts)
    return {
      kind: 'refused',
      code: 'TARGETS_OVER_CAP',
      reason: `${drill.name} would hit ${targets.join(', ')}; its cap is ${drill.targets.maxHosts}.`,
      hint: `Correct targets in ${drill.file}, then: pp drill check ${drill.name}`,
    }
  const step = (act: SingleAct): SingleStep => stepOf(act, nameOf)
  const unarmed = drill.method
    .flatMap((act) => (isParallel(act) ? act.acts : [act]))
    .flatMap((act) => (act.act === 'fault' && isOnHost(act.fault) ? [act.fault] : []))
    .find(({kind, host}) => kind !== 'power-off' && ofClusters.includes(host))
  if (unarmed)
    return {
      kind: 'refused',
      code: 'TARGET_UNKNOWN',
      reason: `${drill.name} wants ${unarmed.kind} on ${unarmed.host}, a host of a Kubernetes cluster: these can lose their power, and nothing else.`,
      hint: `Correct the method in ${drill.file}, then: pp drill check ${drill.name}`,
    }
  const method = drill.method.map((act): ActStep =>
    isParallel(act) ? {kind: 'parallel', name: act.name, steps: act.acts.map(step)} : step(act),
  )
  const steadyState = drill.steadyState.map((claim) => ({
    ...claim,
    probe: placed(claim.probe, nameOf, urlOf),
  }))
  return {kind: 'resolved', hosts, targets, method, undo: drill.undo.map(step), steadyState}
}

/** With the host or the address that it looks at. */
function placed(
  probe: ProbeSpec,
  nameOf: (name: string) => string,
  urlOf: (url: string) => string,
): ProbeSpec {
  if (probe.type === 'tcp') return {...probe, host: nameOf(probe.host)}
  return probe.type === 'http' ? {...probe, url: urlOf(probe.url)} : probe
}

const isRole = (name: string): boolean => name.startsWith('{')

/** The standby that would become primary last is the one that a drill may take away. */
function rolesIn(state: ClusterState): Record<string, string> {
  const primary = solePrimary(state)
  const standby = state.members.findLast(
    ({host}) => primary !== undefined && streamsFrom(memberOf(state, host), primary),
  )
  const pooler = state.poolers.findLast(({processes}) => processes.length > 0)
  return {
    ...(primary === undefined ? {} : {'{primary}': primary}),
    ...(standby ? {'{standby}': standby.host} : {}),
    ...(pooler ? {'{pooler}': pooler.host} : {}),
  }
}

function stepOf(act: SingleAct, nameOf: (name: string) => string): SingleStep {
  switch (act.act) {
    case 'fault': {
      const {fault, name} = act
      if (!isOnHost(fault)) return {kind: 'fault', name, fault}
      return {kind: 'fault', name, fault: {...fault, host: nameOf(fault.host), from: fault.from.map(nameOf)}}
    }
    case 'lift':
      return {kind: 'lift', name: act.name, fault: act.fault}
    case 'operation': {
      const {name, operation, timeoutSeconds} = act
      const flags = Object.entries(act.with).map(([flag, value]) => [
        flag,
        typeof value === 'string' ? nameOf(value) : value,
      ])
      const filled = Object.fromEntries(flags) as OperationAct['with']
      return {kind: 'operation', name, operation, with: filled, timeoutSeconds}
    }
    case 'load': {
      const {act: kind, ...rest} = act
      return {kind, ...rest}
    }
    case 'wait':
      return {kind: 'wait', name: act.name, probe: act.probe, timeoutSeconds: act.timeoutSeconds}
  }
}
