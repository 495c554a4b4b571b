import {exactDuration} from '../duration.ts'
import type {FaultSpec, HostFaultSpec} from './format/types.ts'

export const isOnHost = (fault: FaultSpec): fault is HostFaultSpec => 'host' in fault

/** What a fault hits, in words: a host by its name, `gateway on aws`, `zone us-east-1a of aws`. */
export function faultPlace(fault: FaultSpec): string {
  switch (fault.kind) {
    case 'delete-pods':
      return `${fault.service} on ${fault.site ?? 'every site'}`
    case 'drain':
      return `${fault.node === undefined ? `zone ${fault.zone ?? ''}` : `node ${fault.node}`} of ${fault.site}`
    case 'cut-link':
      return 'the link between the sites'
    case 'node-group-to-zero':
      return `node group ${fault.group} of ${fault.site}`
    case 'api-server-down':
      return `the API server of ${fault.site}`
    default:
      return fault.host
  }
}

/** Who ends it when pp is gone, and when. */
export function faultEnd(fault: FaultSpec): string {
  switch (fault.kind) {
    case 'power-off':
    case 'drain':
      return 'nobody but pp ends it'
    case 'delete-pods':
      return 'it ends by itself, with new Pods'
    case 'cut-link':
      return `the lab ends it after ${exactDuration(fault.expiresSeconds)}`
    case 'node-group-to-zero':
      return `AWS ends it after ${exactDuration(fault.expiresSeconds)}`
    case 'api-server-down':
      return `its host ends it after ${exactDuration(fault.expiresSeconds)}`
    default:
      return `the host ends it after ${exactDuration(fault.expiresSeconds)}`
  }
}
