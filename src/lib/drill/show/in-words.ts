import {exactDuration} from '../../duration.ts'
import {formatSize} from '../../size.ts'
import {faultEnd, faultPlace, isOnHost} from '../fault-place.ts'
import type {
  Act, DrillHostFaultKind, FaultSpec, Objectives, OperationAct, ProbeSpec, SiteFaultSpec,
} from '../format/types.ts' // prettier-ignore

/** A claim: `2 standbys stream, 16 MB behind at most`. */
export function probeInWords(probe: ProbeSpec): string {
  switch (probe.type) {
    case 'marker':
      return 'a numbered row is written through the poolers and acknowledged'
    case 'sql':
      return `“${probe.query}” gives ${boundsInWords(probe.tolerance)}`
    case 'replication': {
      const lag = probe.maxLagBytes === undefined ? '' : `, ${formatSize(probe.maxLagBytes)} behind at most`
      return `${probe.standbys} ${probe.standbys === 1 ? 'standby streams' : 'standbys stream'}${lag}`
    }
    case 'http':
      return `${probe.url} answers ${probe.status}${probe.contains === undefined ? '' : ` with “${probe.contains}”`}`
    case 'tcp':
      return `${probe.host} takes connections on port ${probe.port}`
    case 'kubernetes': {
      const where = probe.site ?? 'each site'
      return probe.service === undefined
        ? `the API server of ${where} is ready`
        : `${probe.ready ?? 'all'} Pods of ${probe.service} are ready on ${where}${probe.most === undefined ? '' : `, ${probe.most} at most`}`
    }
    case 'prometheus':
      return `“${probe.query}” in Prometheus gives ${boundsInWords(probe.tolerance)}`
    case 'command':
      return `${probe.command.join(' ')} ends with ${probe.exitCode}`
    case 'pp':
      return `${probe.field} of ${probe.of} is ${JSON.stringify(probe.equals)}`
  }
}

function boundsInWords({
  min,
  max,
}: {
  readonly min: number | undefined
  readonly max: number | undefined
}): string {
  if (min === max) return String(min)
  if (max === undefined) return `${min ?? 0} or more`
  return min === undefined ? `${max} or less` : `${min} to ${max}`
}

/** An act, one line each; those of parallel acts below it. */
export function actInWords(act: Act): readonly string[] {
  switch (act.act) {
    case 'fault':
      return [`${faultInWords(act.fault)}${act.name === act.fault.kind ? '' : `; called ${act.name}`}`]
    case 'lift':
      return [`lift ${act.fault}`]
    case 'operation':
      return [operationInWords(act)]
    case 'wait':
      return [
        act.probe === undefined
          ? `wait ${exactDuration(act.timeoutSeconds)}`
          : `wait until ${act.probe} holds, ${exactDuration(act.timeoutSeconds)} at most`,
      ]
    case 'load': {
      const settings = Object.entries(act.settings).map(([key, value]) => ` ${key}=${value}`)
      return [
        `play the load test ${act.script} against ${act.service} on ${act.site}${settings.join('')}, ${exactDuration(act.timeoutSeconds)} at most`,
      ]
    }
    case 'parallel':
      return ['at the same time', ...act.acts.flatMap(actInWords).map((line) => `- ${line}`)]
  }
}

const doing: Readonly<Record<DrillHostFaultKind, (host: string) => string>> = {
  'power-off': (host) => `take the power from ${host}`,
  stop: (host) => `stop the database of ${host}`,
  kill: (host) => `kill the database of ${host}`,
  freeze: (host) => `freeze every process of ${host}`,
  cut: (host) => `cut ${host} off`,
  'disk-full': (host) => `fill the database's disk of ${host}`,
  'hang-archiver': (host) => `let archive_command of ${host} hang`,
}

function siteFaultInWords(fault: SiteFaultSpec): string {
  switch (fault.kind) {
    case 'delete-pods': {
      const {count = 1, percent} = fault
      return `delete ${percent === undefined ? count : `${percent} %`} of the Pods of ${faultPlace(fault)}`
    }
    case 'drain':
      return `close ${faultPlace(fault)} to Pods and delete those of the fleet there`
    case 'cut-link':
      return `cut ${faultPlace(fault)}`
    case 'node-group-to-zero':
      return `set the sizes of ${faultPlace(fault)} to zero`
    case 'api-server-down':
      return `stop ${faultPlace(fault)}`
  }
}

function faultInWords(fault: FaultSpec): string {
  if (!isOnHost(fault)) return `${siteFaultInWords(fault)}; ${faultEnd(fault)}`
  const {kind, host, from} = fault
  const whom = from.length > 0 ? ` from ${from.join(', ')}` : ''
  return `${doing[kind](host)}${whom}; ${faultEnd(fault)}`
}

export function operationInWords({operation, with: flags, timeoutSeconds}: OperationAct): string {
  const said = Object.entries(flags).flatMap(([flag, value]) =>
    value === false ? [] : [value === true ? flag : `${flag} ${value}`],
  )
  return `${operation}${said.length > 0 ? ` (${said.join(', ')})` : ''}, ${exactDuration(timeoutSeconds)} at most`
}

export function objectivesInWords({rtoSeconds, rpoRows, services}: Objectives): readonly string[] {
  return [
    ...(rtoSeconds === undefined ? [] : [`clients write again within ${exactDuration(rtoSeconds)} (RTO)`]),
    ...(rpoRows === undefined
      ? []
      : [`${rpoRows === 0 ? 'no' : `at most ${rpoRows}`} acknowledged row is missing in the end (RPO)`]),
    ...services.flatMap(({name, probe, atLeast, outageSeconds}) => [
      ...(atLeast === undefined
        ? []
        : [`${name}: ${probe} is good in ${Number((atLeast * 100).toFixed(3))} % of its looks or more`]),
      ...(outageSeconds === undefined
        ? []
        : [`${name}: ${probe} is good again within ${exactDuration(outageSeconds)}`]),
    ]),
  ]
}
